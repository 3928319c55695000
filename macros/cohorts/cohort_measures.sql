{#- Every cohort with every period from its own to the one that holds the last day before D.

    Columns as in cohort_retention. A period counts once it has ended before D; until then its
    measures are NULL. grain: month or week. -#}
{% macro cohort_measures(grain) %}
with counted as (
    select * from {{ ref('int_cohorts__counted') }}
    where period_grain = '{{ grain }}'
),

sizes as (
    select
        cohort_kind,
        cohort_period,
        members as cohort_size
    from counted
    where members > 0 and cohort_period = period_date
),

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
        coalesce(counted.active_customers, 0) as active_customers,
        coalesce(counted.revenue, 0) as revenue,
        sum(coalesce(counted.last_active_customers, 0)) over (
            partition by sizes.cohort_kind, sizes.cohort_period
            order by periods.period_date desc
        ) as active_from_here
    from sizes
    inner join periods
        on sizes.cohort_period <= periods.period_date
    left join counted
        on
            sizes.cohort_kind = counted.cohort_kind
            and sizes.cohort_period = counted.cohort_period
            and periods.period_date = counted.period_date
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

{#- What happened in each cohort, by grain and period, as a SELECT statement: members of the cohort (in its own period
    only), customers with documents in the period, active ones, those whose last occasion it holds, and revenue.

    days: SQL of rows as in int_customer_days__aggregated, as what stands after FROM. assigned: the same, as in
    int_customer_cohorts__assigned. -#}
{% macro cohort_counts(days, assigned) -%}
    {%- for grain in ['month', 'week'] %}
select
    cohort_kind,
    '{{ grain }}' as period_grain,
    cohort_period,
    period_date,
    cast(sum(members) as bigint) as members,
    cast(sum(customers) as bigint) as customers,
    cast(sum(active_customers) as bigint) as active_customers,
    cast(sum(last_active_customers) as bigint) as last_active_customers,
    cast(sum(revenue) as decimal(38, 4)) as revenue
from (
    {{ cohort_counts_of(grain, days, assigned) | indent }}
) as {{ grain }}_counts
group by cohort_kind, cohort_period, period_date
{{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The same for one grain; of a period a row for members and one for what they did. grain: month or week. -#}
{% macro cohort_counts_of(grain, days, assigned) -%}
with assigned as (
    select
        customer_id,
        cohort_kind,
        {{ period_of('cohort_date', grain) }} as cohort_period
    from {{ assigned }}
),

activity as (
    select
        customer_id,
        {{ period_of('activity_date', grain) }} as period_date,
        bool_or(is_occasion) as is_active,
        sum(net_revenue) as revenue
    from {{ days }}
    group by customer_id, {{ period_of('activity_date', grain) }}
),

last_periods as (
    select
        customer_id as last_customer_id,
        max(period_date) as last_period
    from activity
    where is_active
    group by customer_id
)

select
    cohort_kind,
    cohort_period,
    cohort_period as period_date,
    count(*) as members,
    0 as customers,
    0 as active_customers,
    0 as last_active_customers,
    cast(0 as decimal(18, 4)) as revenue
from assigned
group by cohort_kind, cohort_period

union all

select
    assigned.cohort_kind,
    assigned.cohort_period,
    activity.period_date,
    0 as members,
    count(*) as customers,
    count(*) filter (where activity.is_active) as active_customers,
    count(*) filter (where activity.period_date = last_periods.last_period) as last_active_customers,
    sum(activity.revenue) as revenue
from assigned
inner join activity
    on assigned.customer_id = activity.customer_id and assigned.cohort_period <= activity.period_date
left join last_periods on assigned.customer_id = last_periods.last_customer_id
group by assigned.cohort_kind, assigned.cohort_period, activity.period_date
{%- endmacro %}
