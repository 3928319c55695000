{{ config(materialized='view') }}

with versions as (
    {{ ranked_versions(ref('base_order_lines__typed'), 'order_line_id', ['loaded_at']) }}
)

select
    order_line_id,
    order_id,
    product_id,
    quantity,
    unit_price,
    unit_cost,
    loaded_at,
    {{ quarantine_columns() }}
from versions
