select
    event_id,
    contact_id,
    event_type,
    occurred_at,
    occurred_date,
    channel,
    campaign_id,
    message_id,
    session_id,
    product_id,
    category,
    value,
    properties,
    loaded_at
from {{ ref('base_events') }}
where reason_codes is null
