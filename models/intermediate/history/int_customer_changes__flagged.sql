with days as (
    select
        max(former_date) as former_date,
        max_by(former_known_at, former_date) as former_known_at
    from {{ ref('int_segments__written') }}
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
),

identities_before as (
    select
        contact_id,
        max_by(customer_id, valid_from_date) as customer_id
    from {{ ref('int_identities__recorded') }}
    where valid_from_date < {{ as_of_date() }}
    group by contact_id
),

record as (
    select * from {{ ref('int_customer_states__recorded') }}
),

-- Who is not what it was has been recorded by this run, unless the record goes beyond the as-of date.
beyond as (
    select max(valid_from_date) as valid_from_date
    from record
    having max(valid_from_date) > {{ as_of_date() }}
),

states as (
    select
        record.customer_id,
        record.facts_hash,
        record.ranks_hash
    from record
    where record.valid_from_date = {{ as_of_date() }} and not exists (select 1 from beyond)

    union all

    select
        hashed.customer_id,
        hashed.facts_hash,
        hashed.ranks_hash
    from {{ ref('int_customer_states__hashed') }} as hashed
    cross join beyond
),

states_before as (
    select
        record.customer_id,
        max_by(record.facts_hash, record.valid_from_date) as facts_hash,
        max_by(record.ranks_hash, record.valid_from_date) as ranks_hash
    from record
    inner join states on record.customer_id = states.customer_id
    where record.valid_from_date < {{ as_of_date() }}
    group by record.customer_id
),

-- Both customers of a contact that went from one to the other.
moved as (
    select
        identities_before.customer_id as former_customer_id,
        identities.customer_id
    from identities
    inner join identities_before on identities.contact_id = identities_before.contact_id
    where identities.customer_id <> identities_before.customer_id
),

late_contacts as (
    select events.contact_id
    from {{ ref('stg_events') }} as events
    where
        events.loaded_at > (select days.former_known_at from days)
        and events.occurred_date < (select days.former_date from days)

    union

    select orders.contact_id
    from {{ ref('stg_orders') }} as orders
    where
        orders.loaded_at > (select days.former_known_at from days)
        and orders.ordered_date < (select days.former_date from days)
),

changed as (
    select
        former_customer_id as customer_id,
        'identity_merged' as cause
    from moved

    union all

    select
        customer_id,
        'identity_merged' as cause
    from moved

    union all

    select
        identities.customer_id,
        'data_corrected' as cause
    from late_contacts
    inner join identities on late_contacts.contact_id = identities.contact_id

    union all

    select
        states.customer_id,
        'threshold_moved' as cause
    from states
    inner join states_before on states.customer_id = states_before.customer_id
    where states.facts_hash = states_before.facts_hash and states.ranks_hash <> states_before.ranks_hash
)

select
    customer_id,
    bool_or(cause = 'identity_merged') as is_identity_merged,
    bool_or(cause = 'data_corrected') as is_data_corrected,
    bool_or(cause = 'threshold_moved') as is_only_ranked_anew
from changed
group by customer_id
