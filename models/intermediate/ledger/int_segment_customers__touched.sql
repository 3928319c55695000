with clock as (
    select * from {{ ref('stg_build_state') }}
    where former_as_of_date is not null
),

windows as (
    select
        windows.*,
        windows.measure_key || ' ' || windows.condition_id as window_key
    from {{ ref('int_segment_windows__asked') }} as windows
    cross join clock
),

former_windows as (
    select
        *,
        measure_key || ' ' || condition_id as window_key
    from {{ ref('stg_former_windows') }}
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
),

-- Another measure concerns everybody.
redefined as (
    select count(*) as redefinitions
    from windows
    full outer join former_windows on windows.window_key = former_windows.window_key
    cross join clock
    where windows.window_key is null or former_windows.window_key is null
    having count(*) > 0
),

-- A condition filled by other rules concerns whom it met, then or now.
refilled as (
    select distinct windows.condition_id
    from windows
    inner join former_windows on windows.window_key = former_windows.window_key
    where windows.fingerprint <> former_windows.fingerprint
),

-- Days that a window held and holds no longer, or the other way round.
moved_days as (
    select distinct
        windows.condition_id,
        moved.period_date as occurred_date
    from windows
    inner join former_windows on windows.window_key = former_windows.window_key
    {{ each_moved_day() }}
),

contacts as (
    select contact_id from {{ ref('int_segment_contact_days__touched') }}

    union

    select ledger.contact_id
    from {{ ref('int_segment_ledger__filled') }} as ledger
    inner join moved_days
        on ledger.condition_id = moved_days.condition_id and ledger.occurred_date = moved_days.occurred_date
    where ledger.contact_id is not null

    union

    select ledger.contact_id
    from {{ ref('int_segment_ledger__filled') }} as ledger
    inner join refilled on ledger.condition_id = refilled.condition_id
    where ledger.contact_id is not null

    union

    select contact_id from {{ ref('int_segment_contacts__refilled') }}
)

select customer_id from {{ ref('int_customers__touched') }}

union

select identities.customer_id
from identities
inner join contacts on identities.contact_id = contacts.contact_id
cross join clock

union

select identities.customer_id
from identities
cross join redefined
