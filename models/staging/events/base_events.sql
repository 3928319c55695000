{{ config(materialized='view') }}

with versions as (
    {{ ranked_versions(ref('base_events__typed'), 'event_id', ['loaded_at']) }}
)

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
    loaded_at,
    {{ quarantine_columns() }}
from versions
