-- Fails for an e-mail or phone, shared by no more than the maximum of contacts, that two customers have.
with contacts as (
    select
        identities.customer_id,
        existing.email,
        existing.phone
    from {{ ref('int_contacts__existing') }} as existing
    inner join {{ ref('int_identities__resolved') }} as identities
        on existing.contact_id = identities.contact_id
),

identifiers as (
    select customer_id, 'email ' || email as identifier
    from contacts
    where email is not null

    union all

    select customer_id, 'phone ' || phone as identifier
    from contacts
    where phone is not null
)

select identifier
from identifiers
group by identifier
having
    count(*) <= {{ var('max_contacts_per_identifier') | int }}
    and min(customer_id) <> max(customer_id)
