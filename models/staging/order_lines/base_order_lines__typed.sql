{{ config(materialized='incremental', incremental_strategy='append', unique_key=['order_line_id', 'load_id', 'row_content']) }}

{%- set rows_to_stage = rows_to_stage('order_lines') %}

with raw_order_lines as (
    select * from {{ rows_to_stage }}
),

known_orders as (
    {{ known_parents(ref('stg_orders'), 'order_id', rows_to_stage) | indent }}
),

repeated as (
    {{ repeated_ids(rows_to_stage, 'order_line_id', this if is_incremental() else none) | indent }}
),

typed as (
    select
        raw_order_lines.*,
        repeated.repeated_id,
        known_orders.known_order_id,
        {{ to_amount('raw_order_lines.quantity') }} as typed_quantity,
        {{ to_amount('raw_order_lines.unit_price') }} as typed_unit_price,
        {{ to_amount('raw_order_lines.unit_cost') }} as typed_unit_cost,
        {{ to_timestamp('raw_order_lines.loaded_at') }} as typed_loaded_at
    from raw_order_lines
    left join repeated
        on raw_order_lines.order_line_id = repeated.repeated_id
    left join known_orders
        on raw_order_lines.order_id = known_orders.known_order_id
),

checked as (
    select
        *,
        {{ reason_codes({
            'missing_id': 'order_line_id is null',
            'missing_order_id': 'order_id is null',
            'missing_product_id': 'product_id is null',
            'missing_value': 'quantity is null or unit_price is null',
            'unparsable_number': is_unparsable('quantity', 'typed_quantity') ~ ' or ' ~ is_unparsable('unit_price', 'typed_unit_price')
                ~ ' or ' ~ is_unparsable('unit_cost', 'typed_unit_cost'),
            'unparsable_time': is_unparsable('loaded_at', 'typed_loaded_at'),
            'negative_amount': 'typed_quantity < 0 or typed_unit_price < 0 or typed_unit_cost < 0',
            'unknown_order': 'order_id is not null and known_order_id is null',
        }) }} as reason_codes
    from typed
)

select
    cast(order_line_id as string) as order_line_id,
    cast(order_id as string) as order_id,
    cast(product_id as string) as product_id,
    typed_quantity as quantity,
    typed_unit_price as unit_price,
    typed_unit_cost as unit_cost,
    typed_loaded_at as loaded_at,
    reason_codes,
    {{ row_evidence_columns('order_lines') }},
    {{ staged_row_columns('order_lines') }}
from checked
