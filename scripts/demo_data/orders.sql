-- When and how a set of people ordered: one row an order, its lines' values still to be priced.
create or replace temp macro orders_placed(people_source) as table
with numbered as (
    select *, person * getvariable('order_slots') + order_index as order_number
    from (select *, cast(unnest(range(order_count)) as bigint) as order_index from query_table(people_source))
),
drawn as (
    select *, case when order_index = 0 then slot_from
        else slot_from + cast(floor((slot_to - slot_from + 1) * draw(order_number, 'slot')) as integer) end as slot
    from numbered
),
placed as (
    select drawn.*, calendar_slots.day_number,
        case when order_index = 0 then created_seconds + 60 + pick(order_number, 'first', 1800)
            else greatest(day_number * 86400 + second_of_day(order_number),
                created_seconds + 60 + pick(order_number, 'first', 1800)) end as placed_seconds
    from drawn
    inner join calendar_slots on drawn.slot = calendar_slots.slot
)
select *,
    units_per_pln * (0.92 + 0.08 * day_number / getvariable('days')) as price_factor,
    case when draw(order_number, 'size') < 0.45 then 1 when draw(order_number, 'size') < 0.75 then 2
        when draw(order_number, 'size') < 0.92 then 3 else 4 end as line_count,
    case when draw(order_number, 'coupon') < 0.15
        then 5 * (1 + pick(order_number, 'discount', 4)) else 0 end as discount_percent,
    case when draw(order_number, 'status') < 0.025 then 'cancelled' when draw(order_number, 'status') < 0.03
        then 'failed'
        when placed_seconds > (getvariable('days') - 2) * 86400 then 'pending' else 'completed' end as status,
    draw(order_number, 'test') < 0.003 as is_test,
    placed_seconds + 86400 * (1 + pick(order_number, 'refund day', 30)) + pick(order_number,
        'refund second', 43200) as refund_seconds,
    -- two in five of the refunds take back the first line only
    draw(order_number, 'refund') < 0.043 and draw(order_number, 'status') >= 0.03
        and draw(order_number, 'test') >= 0.003
        and refund_seconds < getvariable('days') * 86400 as is_refunded,
    line_count > 1 and draw(order_number, 'partial refund') < 0.55 as is_partial
from placed;

-- What line number 1..4 of an order holds; the same draws serve orders, lines and the visits before them.
create or replace temp macro line_product(order_number, line, taste, favourite) as
    64 * case when draw(order_number * 8 + line, 'from favourite') < 0.5 then favourite
        else pick(order_number * 8 + line, 'category', 8) end
    + cast(floor(64 * pow(draw(order_number * 8 + line, 'product'), taste)) as bigint);
create or replace temp macro line_quantity(order_number, line, bulk) as
    bulk * case when draw(order_number * 8 + line, 'quantity') < 0.8 then 1
        when draw(order_number * 8 + line, 'quantity') < 0.95 then 2 else 3 end;
create or replace temp macro line_price_cents(price_cents, price_factor) as
    cast(round(price_cents * price_factor) as bigint);

-- Documents of a set of people: each order, then its refund. Net amount = lines less discount, to the cent.
create or replace temp macro orders_of(people_source) as table
with valued as (
    select placed.*,
        line_price_cents(one.price_cents, price_factor) * line_quantity(order_number, 1, bulk) as first_cents,
        first_cents
            + coalesce(line_price_cents(two.price_cents, price_factor) * line_quantity(order_number, 2, bulk), 0)
            + coalesce(line_price_cents(three.price_cents, price_factor) * line_quantity(order_number, 3, bulk), 0)
            + coalesce(line_price_cents(four.price_cents, price_factor) * line_quantity(order_number, 4, bulk), 0) as gross_cents,
        cast(round(gross_cents * discount_percent / 100.0) as bigint) as discount_cents
    from orders_placed(people_source) as placed
    left join catalogue as one on line_product(order_number, 1, taste, favourite_category) = one.product_number
    left join catalogue as two
        on case when line_count >= 2
            then line_product(order_number, 2, taste, favourite_category) end = two.product_number
    left join catalogue as three
        on case when line_count >= 3
            then line_product(order_number, 3, taste, favourite_category) end = three.product_number
    left join catalogue as four
        on case when line_count >= 4
            then line_product(order_number, 4, taste, favourite_category) end = four.product_number
),
documents as (
    select *, cast(unnest(case when is_refunded then [0, 1] else [0] end) as bigint) as is_refund
    from valued
),
totals as (
    select *, order_number * 2 + is_refund as document_number,
        case when is_refund = 1 then refund_seconds else placed_seconds end as at_seconds,
        case when is_refund = 1 and is_partial then first_cents else gross_cents end as document_gross_cents,
        case when is_refund = 1 and is_partial then discount_cents * first_cents // gross_cents
            else discount_cents end as document_discount_cents
    from documents
)
select person, order_index, is_refund,
    order_code(document_number) as order_id,
    contact_code(contact_at(person, aliases, alias_gap_seconds, created_seconds, placed_seconds, order_number)) as contact_id,
    case when is_refund = 1 then 'refund' else 'order' end as document_type,
    case when is_refund = 1 then order_code(order_number * 2) end as original_order_id,
    moment_text(at_seconds) as ordered_at,
    case when is_refund = 1 then 'completed' else status end as status,
    currency,
    money(document_gross_cents - document_discount_cents) as net_amount,
    money(document_discount_cents) as discount_amount,
    case when draw(order_number, 'channel') < 0.62 then 'web' when draw(order_number, 'channel') < 0.86 then 'app'
        when draw(order_number, 'channel') < 0.96 then 'store' else 'phone' end as channel,
    case when is_refund = 0 and discount_percent > 0 then case when month(moment(placed_seconds)) = 11
        then 'BLACKFRIDAY' else 'SAVE' end || discount_percent end as coupon_code,
    is_test,
    moment(loaded_seconds(at_seconds, document_number)) as loaded_at
from totals;
