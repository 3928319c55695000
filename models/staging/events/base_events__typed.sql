{{ config(materialized='incremental', incremental_strategy='append', unique_key=['event_id', 'load_id', 'row_content']) }}

{%- set rows_to_stage = rows_to_stage('events') %}

with raw_events as (
    select * from {{ rows_to_stage }}
),

known_contacts as (
    {{ known_parents(ref('stg_contacts'), 'contact_id', rows_to_stage) | indent }}
),

repeated as (
    {{ repeated_ids(rows_to_stage, 'event_id', this if is_incremental() else none) | indent }}
),

typed as (
    select
        raw_events.*,
        repeated.repeated_id,
        known_contacts.known_contact_id,
        {{ to_timestamp('raw_events.occurred_at') }} as typed_occurred_at,
        {{ to_timestamp('raw_events.loaded_at') }} as typed_loaded_at,
        {{ to_amount('raw_events.value') }} as typed_value,
        {{ is_json('raw_events.properties') }} as has_json_properties
    from raw_events
    left join repeated
        on raw_events.event_id = repeated.repeated_id
    left join known_contacts
        on raw_events.contact_id = known_contacts.known_contact_id
),

checked as (
    select
        *,
        {{ reason_codes({
            'missing_id': 'event_id is null',
            'missing_contact_id': 'contact_id is null',
            'missing_value': 'event_type is null or occurred_at is null',
            'unparsable_time': is_unparsable('occurred_at', 'typed_occurred_at') ~ ' or ' ~ is_unparsable('loaded_at', 'typed_loaded_at'),
            'unparsable_number': is_unparsable('value', 'typed_value'),
            'future_time': is_after_load('typed_occurred_at', 'typed_loaded_at'),
            'invalid_json': 'not has_json_properties',
            'unknown_contact': 'contact_id is not null and known_contact_id is null',
        }) }} as reason_codes
    from typed
)

select
    cast(event_id as string) as event_id,
    cast(contact_id as string) as contact_id,
    cast(event_type as string) as event_type,
    typed_occurred_at as occurred_at,
    {{ local_date('typed_occurred_at') }} as occurred_date,
    cast(channel as string) as channel,
    cast(campaign_id as string) as campaign_id,
    cast(message_id as string) as message_id,
    cast(session_id as string) as session_id,
    cast(product_id as string) as product_id,
    cast(category as string) as category,
    typed_value as value,
    case when has_json_properties then cast(properties as string) end as properties,
    typed_loaded_at as loaded_at,
    reason_codes,
    {{ row_evidence_columns('events') }},
    {{ staged_row_columns('events') }}
from checked
