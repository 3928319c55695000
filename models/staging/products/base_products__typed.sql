{{ config(materialized='table') }}

with raw_products as (
    select * from {{ source('raw', 'products') }}
),

repeated as (
    {{ repeated_ids(source('raw', 'products'), 'product_id') }}
),

typed as (
    select
        raw_products.*,
        repeated.repeated_id,
        {{ to_amount('raw_products.unit_price') }} as typed_unit_price,
        {{ to_amount('raw_products.unit_cost') }} as typed_unit_cost,
        try_cast(raw_products.is_in_stock as boolean) as typed_is_in_stock,
        {{ to_timestamp('raw_products.restocked_at') }} as typed_restocked_at,
        {{ to_timestamp('raw_products.loaded_at') }} as typed_loaded_at
    from raw_products
    left join repeated
        on raw_products.product_id = repeated.repeated_id
),

checked as (
    select
        *,
        {{ reason_codes({
            'missing_id': 'product_id is null',
            'unparsable_number': is_unparsable('unit_price', 'typed_unit_price') ~ ' or ' ~ is_unparsable('unit_cost', 'typed_unit_cost'),
            'unparsable_boolean': is_unparsable('is_in_stock', 'typed_is_in_stock'),
            'unparsable_time': is_unparsable('restocked_at', 'typed_restocked_at') ~ ' or ' ~ is_unparsable('loaded_at', 'typed_loaded_at'),
            'future_time': is_after_load('typed_restocked_at', 'typed_loaded_at'),
            'negative_amount': 'typed_unit_price < 0 or typed_unit_cost < 0',
        }) }} as reason_codes
    from typed
)

select
    cast(product_id as string) as product_id,
    cast(product_name as string) as product_name,
    cast(category as string) as category,
    cast(brand as string) as brand,
    typed_unit_price as unit_price,
    typed_unit_cost as unit_cost,
    typed_is_in_stock as is_in_stock,
    typed_restocked_at as restocked_at,
    typed_loaded_at as loaded_at,
    reason_codes,
    {{ row_evidence_columns('products') }}
from checked
