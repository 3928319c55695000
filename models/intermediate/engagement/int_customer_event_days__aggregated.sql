with events as (
    select
        contact_id,
        event_type,
        occurred_date
    from {{ ref('stg_events') }}
    where
        occurred_date < {{ as_of_date() }}
        and event_type in ({{ sql_strings(counted_event_types()) }})
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
)

select
    identities.customer_id,
    events.event_type,
    events.occurred_date,
    cast(count(*) as int) as events
from events
inner join identities
    on events.contact_id = identities.contact_id
group by
    identities.customer_id,
    events.event_type,
    events.occurred_date
