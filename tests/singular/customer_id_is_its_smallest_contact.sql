-- Fails for a customer whose id is not the smallest of its contacts' ids, or who is missing from customers.
with components as (
    select
        customer_id,
        min(contact_id) as smallest_contact_id
    from {{ ref('int_identities__resolved') }}
    group by customer_id
),

customers as (
    select customer_id from {{ ref('customers') }}
)

select
    components.customer_id,
    components.smallest_contact_id
from components
left join customers
    on components.customer_id = customers.customer_id
where components.customer_id <> components.smallest_contact_id or customers.customer_id is null
