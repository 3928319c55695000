with contacts as (
    select * from {{ ref('int_contacts__existing') }}
    where is_older_than_history
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
)

select
    identities.customer_id,
    cast(count(*) as int) as backdated_contacts
from contacts
inner join identities on contacts.contact_id = identities.contact_id
group by identities.customer_id
