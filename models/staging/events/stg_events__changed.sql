{%- set contents = [
    'contact_id', 'event_type', 'occurred_at', 'channel', 'campaign_id', 'message_id', 'session_id',
    'product_id', 'category', 'value', 'properties', 'loaded_at', 'reason_codes', 'row_content',
] -%}
with changed as (
    {{ differing_rows(ref('base_events__typed'), 'event_id', contents) | indent }}
)

select
    event_id,
    contact_id,
    event_type,
    occurred_date
from changed
