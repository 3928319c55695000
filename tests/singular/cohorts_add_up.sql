{#- Fails where a cohort's size is not the same in every period, a measure leaves its bounds or is known for a period
    that is not over, period 0 of first_order is not full, or rolling retention rises. -#}
with measured as (
    select
        cohort_kind,
        period_grain,
        cohort_period,
        period_index,
        cohort_size,
        active_customers,
        retention,
        rolling_retention,
        revenue,
        min(cohort_size) over (partition by cohort_kind, period_grain, cohort_period) as smallest_size,
        lag(rolling_retention) over (
            partition by cohort_kind, period_grain, cohort_period
            order by period_index nulls last
        ) as rolling_retention_before,
        case
            when period_grain = 'month' then {{ dbt.dateadd('month', 'period_index + 1', 'cohort_period') }}
            else {{ dbt.dateadd('week', 'period_index + 1', 'cohort_period') }}
        end <= as_of_date as is_complete
    from {{ ref('cohort_retention') }}
)

select *
from measured
where
    cohort_size <> smallest_size
    or period_index < 0
    or is_complete <> (active_customers is not null)
    or is_complete <> (retention is not null)
    or is_complete <> (rolling_retention is not null)
    or is_complete <> (revenue is not null)
    or active_customers > cohort_size
    or retention > rolling_retention
    or rolling_retention > 1
    or rolling_retention > rolling_retention_before
    or (cohort_kind = 'first_order' and period_index = 0 and retention <> 1)
