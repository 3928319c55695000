-- Products; then order lines: one pass keeps the rows to reject, the rows whose id comes twice and what
-- a segment looks at.
create temp table product_rows as
with raw as (
    select
        cleaned(product_id) as product_id,
        cleaned(product_name) as product_name,
        cleaned(category) as category,
        cleaned(brand) as brand,
        * exclude (product_id, product_name, category, brand)
    from read_parquet(getvariable('raw_dir') || '/products.parquet')
)

select
    product_id as row_id,
    category,
    brand,
    unit_price,
    is_in_stock,
    cast(restocked_at as date) as restocked_date,
    loaded_at,
    coalesce(count(*) over (partition by product_id) > 1 and product_id is not null, false) as is_repeated,
    nullif(concat_ws(',',
        case when is_after_load(restocked_at, loaded_at) then 'future_time' end,
        case when product_id is null then 'missing_id' end,
        case when unit_price < 0 or unit_cost < 0 then 'negative_amount' end,
        case when abs(unit_price) >= 1e14 or abs(unit_cost) >= 1e14 then 'unparsable_number' end,
        case when not is_sane(restocked_at) or not is_sane(loaded_at) then 'unparsable_time' end
    ), '') as reason_codes,
    cast(json_object(
        'product_id', product_id, 'product_name', product_name, 'category', category, 'brand', brand,
        'unit_price', cast(unit_price as varchar), 'unit_cost', cast(unit_cost as varchar),
        'is_in_stock', cast(is_in_stock as varchar), 'restocked_at', cast(restocked_at as varchar)
    ) as varchar) as row_content
from raw;

create temp table products as
select
    row_id as product_id, category, brand, unit_price, is_in_stock, restocked_date,
    1 << (dense_rank() over (order by category) - 1) as category_bit
from product_rows
where reason_codes is null
qualify row_number() over (partition by row_id order by loaded_at desc nulls last, row_content desc) = 1;

create temp table line_rows as
with raw as (
    select
        cleaned_fast(order_line_id) as order_line_id,
        cleaned_fast(order_id) as order_id,
        cleaned(product_id) as product_id,
        quantity,
        unit_price,
        unit_cost,
        loaded_at
    from read_parquet(getvariable('raw_dir') || '/order_lines.parquet')
),

repeated as (
    select hash(cleaned_fast(order_line_id)) as id_hash
    from read_parquet(getvariable('raw_dir') || '/order_lines.parquet')
    group by id_hash
    having count(*) > 1
),

known as (
    select
        raw.*,
        accepted_orders.order_id is not null as is_known_order,
        case when is_document and not is_refund then customer_number end as customer_number,
        ordered_at,
        ordered_date,
        products.category,
        products.brand,
        order_line_id is not null and hash(order_line_id) in (from repeated) as is_repeated
    from raw
    left join accepted_orders using (order_id)
    left join products using (product_id)
),

judged as (
    select
        *,
        not is_known_order
        or order_line_id is null or order_id is null or product_id is null or quantity is null or unit_price is null
        or quantity < 0 or unit_price < 0 or unit_cost < 0 or abs(unit_price) >= 1e14 or abs(unit_cost) >= 1e14
        or not is_sane(loaded_at) as is_rejected
    from known
    where is_repeated or is_rejected or (customer_number is not null and (
        brand = 'Tatra' or category in ('bags', 'shoes', 'electronics') or ordered_date >= date '2026-10-21'
    ))
)

select
    order_line_id as row_id,
    customer_number,
    ordered_at,
    ordered_date,
    product_id,
    category,
    brand,
    quantity,
    loaded_at,
    is_repeated,
    case when is_rejected then nullif(concat_ws(',',
        case when order_line_id is null then 'missing_id' end,
        case when order_id is null then 'missing_order_id' end,
        case when product_id is null then 'missing_product_id' end,
        case when quantity is null or unit_price is null then 'missing_value' end,
        case when quantity < 0 or unit_price < 0 or unit_cost < 0 then 'negative_amount' end,
        case when order_id is not null and not is_known_order then 'unknown_order' end,
        case when abs(unit_price) >= 1e14 or abs(unit_cost) >= 1e14 then 'unparsable_number' end,
        case when not is_sane(loaded_at) then 'unparsable_time' end
    ), '') end as reason_codes,
    case when is_repeated or is_rejected then cast(json_object(
        'order_line_id', order_line_id, 'order_id', order_id, 'product_id', product_id, 'quantity', cast(quantity as varchar),
        'unit_price', cast(unit_price as varchar), 'unit_cost', cast(unit_cost as varchar)
    ) as varchar) end as row_content
from judged;

create temp table line_losers as
select rowid as row_number
from line_rows
where is_repeated and reason_codes is null
qualify row_number() over (partition by row_id order by loaded_at desc nulls last, row_content desc) > 1;

insert into rejected_rows
with both_tables as (
    select 'order_lines' as source, row_id, loaded_at, reason_codes, row_content from line_rows where is_repeated or reason_codes is not null
    union all
    select 'products', row_id, loaded_at, reason_codes, row_content from product_rows
),

ranked as (
    select
        *,
        first_value(row_content) over latest_first as kept_content,
        row_number() over latest_first as version_rank
    from both_tables
    window latest_first as (
        partition by source, row_id, reason_codes is null order by loaded_at desc nulls last, row_content desc
    )
)

select
    source,
    row_id,
    coalesce(reason_codes, if(row_content = kept_content, 'exact_duplicate', 'superseded_duplicate')),
    -- loaded_at is the last key of the raw row
    row_content[:-2] || ',"loaded_at":' || coalesce('"' || loaded_at || '"', 'null') || '}',
    case when is_sane(loaded_at) then loaded_at end
from ranked
where reason_codes is not null or version_rank > 1;

create temp table bought_lines as
select customer_number, ordered_at, ordered_date, product_id, category, brand, quantity
from line_rows
where reason_codes is null and customer_number is not null and rowid not in (select row_number from line_losers);

drop table line_rows;

create temp table bought as
select
    customer_number,
    sum(quantity) filter (where brand = 'Tatra' and ordered_date >= date '2024-11-21') as tatra_2_years,
    count(*) filter (where category = 'bags') as bags,
    count(*) filter (where category = 'shoes') as shoes,
    count(*) filter (where category = 'electronics') as electronics,
    max(ordered_date) filter (where category = 'bags') as last_bags,
    max(ordered_date) filter (where category = 'shoes') as last_shoes,
    max(ordered_date) filter (where category = 'electronics') as last_electronics
from bought_lines
group by customer_number;
