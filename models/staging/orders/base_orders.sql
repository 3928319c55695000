{{ config(materialized='view') }}

with versions as (
    {{ ranked_versions(ref('base_orders__typed'), 'order_id', ['loaded_at']) }}
)

select
    order_id,
    contact_id,
    document_type,
    original_order_id,
    ordered_at,
    ordered_date,
    status,
    document_currency,
    document_net_amount,
    net_amount,
    discount_amount,
    channel,
    coupon_code,
    is_test,
    loaded_at,
    {{ quarantine_columns() }}
from versions
