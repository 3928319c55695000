with clock as (
    select * from {{ ref('stg_build_state') }}
    where former_as_of_date is not null
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
),

-- By changed installs, and by those that time has brought into sight or a run for an earlier date has lost sight of.
contacts as (
    select contact_id from {{ ref('stg_events__changed') }}
    where event_type = 'app_installed'

    union

    select events.contact_id
    from {{ ref('stg_events') }} as events
    inner join clock
        on
            events.occurred_date >= least(clock.as_of_date, clock.former_as_of_date)
            and events.occurred_date < greatest(clock.as_of_date, clock.former_as_of_date)
    where events.event_type = 'app_installed'
)

select customer_id from {{ ref('int_customers__touched') }}

union

select customer_id from {{ ref('int_customer_attributes__touched') }}

union

select identities.customer_id
from identities
inner join contacts on identities.contact_id = contacts.contact_id
cross join clock
