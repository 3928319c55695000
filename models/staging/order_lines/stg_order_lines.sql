select
    order_line_id,
    order_id,
    product_id,
    quantity,
    unit_price,
    unit_cost,
    loaded_at
from {{ ref('base_order_lines') }}
where reason_codes is null
