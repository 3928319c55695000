-- Lines of the documents of a set of people; a refund repeats the lines it takes back.
create or replace temp macro order_lines_of(people_source) as table
with documents as (
    select *, cast(unnest(case when is_refunded then [0, 1] else [0] end) as bigint) as is_refund
    from orders_placed(people_source)
),
lines as (
    select *, cast(unnest(range(1, 1 + case when is_refund = 1 and is_partial
        then 1 else line_count end)) as bigint) as line,
        order_number * 2 + is_refund as document_number,
        case when is_refund = 1 then refund_seconds else placed_seconds end as at_seconds
    from documents
)
select person, order_index, is_refund, line,
    line_code(document_number * 8 + line) as order_line_id,
    order_code(document_number) as order_id,
    product_code(product_number) as product_id,
    cast(line_quantity(order_number, line, bulk) as integer) as quantity,
    money(line_price_cents(price_cents, price_factor)) as unit_price,
    money(line_price_cents(cost_cents, price_factor)) as unit_cost,
    -- lines come with their document
    moment(loaded_seconds(at_seconds, document_number)) as loaded_at
from lines
inner join catalogue on line_product(order_number, line, taste, favourite_category) = catalogue.product_number;
