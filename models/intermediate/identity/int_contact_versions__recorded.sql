{{ config(
    materialized='incremental',
    incremental_strategy='append',
    unique_key=['contact_id', 'version_number'],
    on_schema_change='append_new_columns',
    full_refresh=false,
) }}

with contacts as (
    select * from {{ ref('stg_contacts') }}
    {%- if not var('record_history') %}
    where 1 = 0
    {%- endif %}
){{ ',' if is_incremental() }}
{% if is_incremental() %}
candidates as (
    {{ contacts_not_recorded(ref('stg_contacts'), this) }}
),

former as (
    {{ contacts_last_recorded(this, 'candidates') }}
),

later as (
    select max(recorded_date) as last_recorded_date from {{ this }}
)
{% endif %}
select
    contacts.contact_id,
    {{ contact_version_columns('contacts') }},
    {{ contact_content_hash('contacts') }} as content_hash,
    {{ 'cast(coalesce(former.version_number, 0) + 1 as int)' if is_incremental() else 'cast(1 as int)' }} as version_number,
    {{ contact_recorded_date('later.last_recorded_date') if is_incremental() else as_of_date() }} as recorded_date
from contacts
{%- if is_incremental() %}
inner join candidates on contacts.contact_id = candidates.contact_id
left join former on contacts.contact_id = former.contact_id
cross join later
where coalesce(former.content_hash <> {{ contact_content_hash('contacts') }}, true)
{%- endif %}
