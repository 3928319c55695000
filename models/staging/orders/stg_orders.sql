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
    loaded_at
from {{ ref('base_orders') }}
where reason_codes is null
