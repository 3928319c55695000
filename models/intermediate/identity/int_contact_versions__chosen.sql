with versions as (
    select * from {{ ref('int_contact_versions__dated') }}
),

-- In force as of D; and the last that the refresh of D has heard of, which may have come on that very day.
places as (
    select
        contact_id,
        max(case when holds_from_date <= {{ as_of_date() }} then version_place end) as held_place,
        max(case when holds_from_date <= {{ day_after(as_of_date()) }} and is_heard then version_place end) as heard_place
    from versions
    group by contact_id
),

settled as (
    select
        contact_id,
        coalesce(held_place, 1) as held_place,
        greatest(coalesce(held_place, 1), coalesce(heard_place, 1)) as heard_place,
        held_place is null as is_older_than_history
    from places
),

contacts as (
    select * from {{ ref('stg_contacts') }}
)

select
    held.contact_id,
    {{ contact_version_columns('held', without=contact_consents() + ['created_at', 'deleted_at']) }},
    {{ contact_consents_of('held', 'heard') }},
    -- When a contact came and went is a dated fact: what is known now counts.
    contacts.created_at,
    contacts.created_date,
    least(held.deleted_at, contacts.deleted_at) as deleted_at,
    settled.is_older_than_history
from settled
inner join versions as held
    on settled.contact_id = held.contact_id and settled.held_place = held.version_place
inner join versions as heard
    on settled.contact_id = heard.contact_id and settled.heard_place = heard.version_place
inner join contacts
    on settled.contact_id = contacts.contact_id
