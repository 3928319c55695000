with windows as (
    select
        *,
        measure_key || ' ' || condition_id as window_key
    from {{ ref('int_segment_windows__asked') }}
),

former_windows as (
    select
        *,
        measure_key || ' ' || condition_id as window_key
    from {{ ref('stg_former_windows') }}
),

clock as (
    select * from {{ ref('stg_build_state') }}
    where former_as_of_date is not null
),

paired as (
    select
        windows.condition_id,
        former_windows.condition_id as former_condition_id,
        windows.from_date,
        windows.before_date,
        former_windows.from_date as former_from_date,
        former_windows.before_date as former_before_date,
        windows.fingerprint = former_windows.fingerprint as is_same
    from windows
    full outer join former_windows on windows.window_key = former_windows.window_key
    cross join clock
)

-- A measure that came or went, or a condition that is filled by other rules: every day.
select distinct
    coalesce(condition_id, former_condition_id) as condition_id,
    cast(null as date) as occurred_date
from paired
where condition_id is null or former_condition_id is null or not is_same

union all

-- A window that has moved: the days that it held and holds no longer, or the other way round.
select distinct
    paired.condition_id,
    moved.period_date as occurred_date
from paired
{{ each_moved_day('paired') }}
where coalesce(paired.is_same, true)
