with identities as (
    select * from {{ ref('int_identities__resolved') }}
),

clock as (
    select * from {{ ref('stg_build_state') }}
    where former_as_of_date is not null
),

contacts as (
    select distinct contact_id from {{ ref('int_segment_contact_days__touched') }}
)

select customer_id from {{ ref('int_segment_measures__touched') }}

union

select customer_id from {{ ref('int_customers__touched') }}

union

-- By facts that no rule asks for.
select identities.customer_id
from identities
inner join contacts on identities.contact_id = contacts.contact_id
cross join clock
