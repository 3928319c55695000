{%- set catalogue = segment_catalogue() if execute else {} -%}
with moved as (
    select * from {{ ref('int_segment_days__moved') }}
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
),

clock as (
    select * from {{ ref('stg_build_state') }}
    where former_as_of_date is not null
),

declared (condition_id, event_type, measure_group) as (
    {{ ledger_group_rows(catalogue) }}
),

-- Of a catalogue without measures the values are NULL and of no type.
groups as (
    select
        cast(condition_id as string) as condition_id,
        cast(event_type as string) as event_type,
        cast(measure_group as string) as measure_group
    from declared
),

taken_in as (
    {{ ledger_on_moved_days(ref('int_segment_ledger__filled')) | indent(4) }}
),

-- By days that windows have let go, while the ledger still held them; by days that they have taken in.
moved_contacts as (
    select * from {{ ref('int_segment_contacts__let_go') }}

    union

    select * from taken_in
),

contacts as (
    select distinct
        touched.contact_id,
        groups.measure_group
    from {{ ref('int_segment_contact_days__touched') }} as touched
    inner join groups on touched.event_type = groups.event_type

    union

    select
        moved_contacts.contact_id,
        groups.measure_group
    from moved_contacts
    inner join groups on moved_contacts.condition_id = groups.condition_id

    union

    -- Which measures another catalogue asked for is not known any more: all.
    select
        moved_contacts.contact_id,
        groups.measure_group
    from moved_contacts
    cross join groups
    where moved_contacts.is_whole
)

select
    customers.customer_id,
    groups.measure_group
from {{ ref('int_customers__touched') }} as customers
cross join groups

union

select
    identities.customer_id,
    contacts.measure_group
from identities
inner join contacts on identities.contact_id = contacts.contact_id
cross join clock
