{%- set contents = [
    'order_id', 'product_id', 'quantity', 'unit_price', 'unit_cost', 'loaded_at', 'reason_codes', 'row_content',
] -%}
with changed as (
    {{ differing_rows(ref('base_order_lines__typed'), 'order_line_id', contents) | indent }}
)

select
    order_line_id,
    order_id
from changed
