-- Fails for an e-mail or phone, shared by no more than the maximum of contacts, that two customers have.
with identified as (
    select
        identities.customer_id,
        contacts.email,
        contacts.phone
    from {{ ref('int_contacts__existing') }} as contacts
    inner join {{ ref('int_identities__resolved') }} as identities
        on contacts.contact_id = identities.contact_id
),

identifiers as (
    select
        customer_id,
        'email ' || email as identifier
    from identified
    where email is not null

    union all

    select
        customer_id,
        'phone ' || phone as identifier
    from identified
    where phone is not null
)

select identifier
from identifiers
group by identifier
having
    count(*) <= {{ var('max_contacts_per_identifier') | int }}
    and min(customer_id) <> max(customer_id)
