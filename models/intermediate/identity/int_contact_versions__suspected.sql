{#- Narrow columns only: of a million contacts a few are looked at any further. -#}
with contacts as (
    select
        contact_id,
        created_at,
        updated_at,
        loaded_at
    from {{ ref('stg_contacts') }}
),

recorded as (
    select
        contact_id,
        version_number,
        recorded_date,
        content_hash,
        created_at,
        updated_at,
        loaded_at
    from {{ ref('int_contact_versions__recorded') }}
    where {{ is_known_version() }}
),

delivered as (
    select contact_id
    from {{ ref('base_contacts') }}
    where reason_codes = 'superseded_duplicate'
){{ ',' if not var('record_history') }}
{% if not var('record_history') %}
-- What has changed since the last refresh; a refresh itself has just recorded it.
candidates as (
    {{ contacts_not_recorded('contacts', 'recorded') }}
),

former as (
    {{ contacts_last_recorded('recorded', 'candidates') }}
),

changed as (
    select present.contact_id
    from {{ ref('stg_contacts') }} as present
    inner join former on present.contact_id = former.contact_id
    where former.content_hash <> {{ contact_content_hash('present') }}
)
{% endif %}

select recorded.contact_id
from recorded
where
    recorded.version_number > 1
    and (recorded.recorded_date > {{ as_of_date() }} or {{ is_late_version('recorded') }})

union

select contacts.contact_id
from delivered
inner join contacts on delivered.contact_id = contacts.contact_id
where {{ is_late_version('contacts') }}
{%- if not var('record_history') %}

union

select changed.contact_id
from changed
{%- endif %}
