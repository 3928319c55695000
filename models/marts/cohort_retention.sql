with measured as (
    select * from {{ ref('int_cohorts__measured_monthly') }}
    union all
    select * from {{ ref('int_cohorts__measured_weekly') }}
)

select
    cast(cohort_kind as string) as cohort_kind,
    cast(period_grain as string) as period_grain,
    cohort_period,
    period_index,
    cohort_size,
    active_customers,
    retention,
    rolling_retention,
    revenue,
    {{ as_of_date() }} as as_of_date
from measured
