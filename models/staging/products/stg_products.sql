select
    product_id,
    product_name,
    category,
    brand,
    unit_price,
    unit_cost,
    is_in_stock,
    restocked_at,
    loaded_at
from {{ ref('base_products') }}
where reason_codes is null
