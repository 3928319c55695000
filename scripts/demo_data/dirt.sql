-- The kinds of dirt, and whom they strike: every n-th person (of those with orders), each kind its own persons.
create or replace temp table dirt_kinds as
with kinds(source, kind, reason_code) as (values
    ('contacts', 'exact_duplicate', 'exact_duplicate'),
    ('contacts', 'conflicting_duplicate', 'superseded_duplicate'),
    ('contacts', 'unparsable_created_at', 'unparsable_time'),
    ('contacts', 'empty_created_at', 'missing_value'),
    ('contacts', 'future_created_at', 'future_time'),
    ('contacts', 'broken_email', 'invalid_email'),
    ('contacts', 'broken_phone', 'invalid_phone'),
    ('contacts', 'broken_attributes', 'invalid_json'),
    ('contacts', 'impossible_latitude', 'out_of_range'),
    ('contacts', 'missing_contact_id', 'missing_id'),
    ('orders', 'exact_duplicate', 'exact_duplicate'),
    ('orders', 'conflicting_duplicate', 'superseded_duplicate'),
    ('orders', 'orphan', 'unknown_contact'),
    ('orders', 'unparsable_ordered_at', 'unparsable_time'),
    ('orders', 'empty_ordered_at', 'missing_value'),
    ('orders', 'missing_net_amount', 'missing_value'),
    ('orders', 'future_ordered_at', 'future_time'),
    ('orders', 'negative_net_amount', 'negative_amount'),
    ('orders', 'unknown_currency', 'unknown_currency'),
    ('orders', 'unknown_document_type', 'unknown_document_type'),
    ('orders', 'missing_order_id', 'missing_id'),
    ('orders', 'missing_contact_id', 'missing_contact_id'),
    ('order_lines', 'exact_duplicate', 'exact_duplicate'),
    ('order_lines', 'conflicting_duplicate', 'superseded_duplicate'),
    ('order_lines', 'orphan', 'unknown_order'),
    ('order_lines', 'missing_quantity', 'missing_value'),
    ('order_lines', 'negative_quantity', 'negative_amount'),
    ('order_lines', 'negative_unit_price', 'negative_amount'),
    ('order_lines', 'missing_order_line_id', 'missing_id'),
    ('order_lines', 'missing_order_id', 'missing_order_id'),
    ('order_lines', 'missing_product_id', 'missing_product_id'),
    ('events', 'exact_duplicate', 'exact_duplicate'),
    ('events', 'conflicting_duplicate', 'superseded_duplicate'),
    ('events', 'orphan', 'unknown_contact'),
    ('events', 'unparsable_occurred_at', 'unparsable_time'),
    ('events', 'empty_occurred_at', 'missing_value'),
    ('events', 'missing_event_type', 'missing_value'),
    ('events', 'future_occurred_at', 'future_time'),
    ('events', 'broken_properties', 'invalid_json'),
    ('events', 'missing_event_id', 'missing_id'),
    ('events', 'missing_contact_id', 'missing_contact_id'),
    ('products', 'exact_duplicate', 'exact_duplicate'),
    ('products', 'conflicting_duplicate', 'superseded_duplicate'),
    ('products', 'negative_unit_price', 'negative_amount'),
    ('products', 'missing_product_id', 'missing_id')
),
-- rows per person that the clean table has, about
volumes(source, rows_per_person) as (values
    ('contacts', 1.03), ('orders', 1.2 * getvariable('orders_per_customer')),
    ('order_lines', 1.2 * 1.86 * getvariable('orders_per_customer')),
    ('events', 1.2 * getvariable('events_per_customer')), ('products', 0.0)
),
numbered as (
    select *, cast(row_number() over (partition by source order by kind) - 1 as bigint) as kind_number,
        cast(count(*) over (partition by source) as bigint) as kind_count
    from kinds
)
select source, kind, reason_code, kind_number, kind_count,
    -- 1.5 rows of dirt for each 100 clean ones
    greatest(1, least(getvariable('customers'), cast(round(kind_count
        / (0.015 * nullif(rows_per_person, 0))) as bigint))) as every_person
from numbered
inner join volumes using (source);

create or replace temp macro struck_people(struck_source) as table
select people.*, dirt_kinds.kind, dirt_kinds.reason_code, dirt_kinds.kind_number
from people
inner join dirt_kinds
    on dirt_kinds.source = struck_source
    and (person + kind_number * greatest(1, every_person // kind_count)
        + pick(0, 'dirt ' || struck_source, every_person)) % every_person = 0
where struck_source = 'contacts' or order_count > 0;

create or replace temp macro broken_time(key) as
    choose(key, 'broken time', ['31/31/2025', 'yesterday', '2025-13-45 10:00:00', '0000-00-00 00:00:00', '2025/31/12']);
