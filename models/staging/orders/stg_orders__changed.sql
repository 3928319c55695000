{%- set contents = [
    'contact_id', 'document_type', 'original_order_id', 'ordered_at', 'status', 'document_currency', 'document_net_amount',
    'net_amount', 'discount_amount', 'channel', 'coupon_code', 'is_test', 'loaded_at', 'reason_codes', 'row_content',
] -%}
with changed as (
    {{ differing_rows(ref('base_orders__typed'), 'order_id', contents) | indent }}
)

select
    order_id,
    contact_id,
    original_order_id,
    ordered_date
from changed
