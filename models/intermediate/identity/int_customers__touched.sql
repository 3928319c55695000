with changed as (
    select * from {{ ref('int_identities__changed') }}
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
),

contact_days as (
    select distinct contact_id from {{ ref('int_contact_days__touched') }}
)

select customer_id from changed
where customer_id is not null

union

select former_customer_id as customer_id from changed
where former_customer_id is not null

union

select identities.customer_id
from identities
inner join contact_days
    on identities.contact_id = contact_days.contact_id
