{{ config(materialized='view') }}

{#- Almost every contact is as its latest version says; the others stand apart, few. -#}
with chosen as (
    select * from {{ ref('int_contact_versions__chosen') }}
),

versions as (
    select
        contacts.contact_id,
        {{ contact_version_columns('contacts') }},
        contacts.created_date,
        {{ local_date(contact_said_at('contacts')) }} >= {{ as_of_date() }} as is_older_than_history
    from {{ ref('stg_contacts') }} as contacts
    left join chosen on contacts.contact_id = chosen.contact_id
    where chosen.contact_id is null

    union all

    select
        chosen.contact_id,
        {{ contact_version_columns('chosen') }},
        chosen.created_date,
        chosen.is_older_than_history
    from chosen
)

select
    versions.contact_id,
    {{ contact_version_columns('versions') }},
    versions.created_date,
    versions.is_older_than_history
from versions
where
    versions.created_date < {{ as_of_date() }}
    and (versions.deleted_at is null or {{ local_date('versions.deleted_at') }} >= {{ as_of_date() }})
