with changed_identities as (
    select * from {{ ref('int_identities__changed') }}
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
),

clock as (
    select * from {{ ref('stg_build_state') }}
    where former_as_of_date is not null
),

-- What a contact says changes with its rows, and where another version than the latest holds at either date.
contacts as (
    select contact_id from {{ ref('stg_contacts__changed') }}

    union

    select contact_id from {{ ref('int_contact_versions__chosen') }}

    union

    select contact_id from {{ ref('stg_former_contact_versions') }}
)

select customer_id from changed_identities
where customer_id is not null

union

select former_customer_id as customer_id from changed_identities
where former_customer_id is not null

union

select identities.customer_id
from identities
inner join contacts on identities.contact_id = contacts.contact_id
cross join clock
