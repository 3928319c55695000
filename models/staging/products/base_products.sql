{{ config(materialized='view') }}

with versions as (
    {{ ranked_versions(ref('base_products__typed'), 'product_id', ['loaded_at'], has_states=false) }}
)

select
    product_id,
    product_name,
    category,
    brand,
    unit_price,
    unit_cost,
    is_in_stock,
    restocked_at,
    loaded_at,
    {{ quarantine_columns() }}
from versions
