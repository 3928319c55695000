with contacts as (
    select
        contact_id,
        email,
        phone
    from {{ ref('int_contacts__existing') }}
),

identifiers as (
    select
        contact_id,
        'email ' || email as identifier
    from contacts
    where email is not null

    union all

    select
        contact_id,
        'phone ' || phone as identifier
    from contacts
    where phone is not null
),

shared_identifiers as (
    select
        identifier,
        min(contact_id) as first_contact_id
    from identifiers
    group by identifier
    having count(*) between 2 and {{ var('max_contacts_per_identifier') | int }}
),

links as (
    select
        identifiers.contact_id,
        shared_identifiers.first_contact_id
    from identifiers
    inner join shared_identifiers
        on identifiers.identifier = shared_identifiers.identifier
    where identifiers.contact_id <> shared_identifiers.first_contact_id
),

edges as ( -- noqa: ST03
    select
        contact_id as node,
        first_contact_id as neighbour
    from links

    union all

    select
        first_contact_id as node,
        contact_id as neighbour
    from links
),

components as (
    -- The linter's grammar lacks keyed recursion.
    {{ connected_components('edges') }} -- noqa: PRS
)

select
    contacts.contact_id,
    coalesce(components.component, contacts.contact_id) as customer_id
from contacts
left join components
    on contacts.contact_id = components.node
