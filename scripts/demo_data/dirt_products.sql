-- Two products for each kind of dirt.
with struck as (
    select *, 20 + kind_number * 2 + extra as product_number
    from (select *, unnest([0, 1]) as extra from dirt_kinds where source = 'products')
)
select kind, reason_code, cast(null as bigint) as person,
    case when kind in ('exact_duplicate', 'conflicting_duplicate') then product_id
        when kind = 'missing_product_id' then case when extra = 0 then '' end
        else product_code(9000 - 1 + struck.product_number) end as product_id,
    product_name, category, brand,
    case kind when 'negative_unit_price' then -unit_price when 'conflicting_duplicate'
        then unit_price + 5 else unit_price end as unit_price,
    unit_cost, is_in_stock, restocked_at,
    loaded_at + case kind when 'exact_duplicate' then interval 1 day
        when 'conflicting_duplicate' then interval (-1) day else interval 0 hour end as loaded_at
from struck
inner join products_clean on product_code(struck.product_number) = products_clean.product_id
