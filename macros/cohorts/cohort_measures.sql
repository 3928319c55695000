{#- Every cohort with every period from its own to the one that holds the last day before D.

    Columns as in cohort_retention. A period counts once it has ended before D; until then its
    measures are NULL. grain: month or week. -#}
{% macro cohort_measures(grain) %}
with {{ cohort_counts(grain) }},

first_period as (
    select coalesce(min(cohort_period), {{ as_of_date() }}) as first_cohort_period from sizes
),

periods as (
    select series.period_date
    from first_period
    cross join lateral {{ period_series(grain, 'first_period.first_cohort_period', dbt.dateadd('day', -1, as_of_date())) }} as series
),

filled as (
    select
        sizes.*,
        periods.period_date,
        {{ dbt.dateadd(grain, 1, 'periods.period_date') }} <= {{ as_of_date() }} as is_complete,
        coalesce(measured.active_customers, 0) as active_customers,
        coalesce(measured.revenue, 0) as revenue,
        sum(coalesce(last_active.customers, 0)) over (
            partition by sizes.cohort_kind, sizes.cohort_period
            order by periods.period_date desc
        ) as active_from_here
    from sizes
    inner join periods
        on sizes.cohort_period <= periods.period_date
    left join measured
        on
            sizes.cohort_kind = measured.cohort_kind
            and sizes.cohort_period = measured.cohort_period
            and periods.period_date = measured.period_date
    left join last_active
        on
            sizes.cohort_kind = last_active.cohort_kind
            and sizes.cohort_period = last_active.cohort_period
            and periods.period_date = last_active.period_date
)

select
    cohort_kind,
    '{{ grain }}' as period_grain,
    cohort_period,
    cast({{ dbt.datediff('cohort_period', 'period_date', grain) }} as int) as period_index,
    cast(cohort_size as bigint) as cohort_size,
    case when is_complete then cast(active_customers as bigint) end as active_customers,
    case when is_complete then cast(active_customers as double) / nullif(cohort_size, 0) end as retention,
    case when is_complete then cast(active_from_here as double) / nullif(cohort_size, 0) end as rolling_retention,
    case when is_complete then cast(revenue as decimal(18,4)) end as revenue
from filled
{% endmacro %}

{#- What happened in each cohort, as the CTEs sizes, measured (active customers and revenue of a period)
    and last_active (customers by the period of their last occasion). grain: month or week. -#}
{% macro cohort_counts(grain) -%}
assigned as (
    select
        customer_id,
        cohort_kind,
        {{ period_of('cohort_date', grain) }} as cohort_period
    from {{ ref('int_customer_cohorts__assigned') }}
),

sizes as (
    select
        cohort_kind,
        cohort_period,
        count(*) as cohort_size
    from assigned
    group by cohort_kind, cohort_period
),

activity as (
    select
        customer_id,
        {{ period_of('activity_date', grain) }} as period_date,
        bool_or(is_occasion) as is_active,
        sum(net_revenue) as revenue
    from {{ ref('int_customer_days__aggregated') }}
    group by customer_id, {{ period_of('activity_date', grain) }}
),

measured as (
    select
        assigned.cohort_kind,
        assigned.cohort_period,
        activity.period_date,
        count(*) filter (where activity.is_active) as active_customers,
        sum(activity.revenue) as revenue
    from assigned
    inner join activity
        on assigned.customer_id = activity.customer_id and assigned.cohort_period <= activity.period_date
    group by assigned.cohort_kind, assigned.cohort_period, activity.period_date
),

last_active as (
    select
        assigned.cohort_kind,
        assigned.cohort_period,
        {{ period_of('purchases.last_order_date', grain) }} as period_date,
        count(*) as customers
    from assigned
    inner join {{ ref('int_customer_purchases__summarised') }} as purchases
        on assigned.customer_id = purchases.customer_id
    where purchases.last_order_date >= assigned.cohort_period
    group by assigned.cohort_kind, assigned.cohort_period, {{ period_of('purchases.last_order_date', grain) }}
)
{%- endmacro %}
