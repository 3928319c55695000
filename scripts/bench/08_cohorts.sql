-- Retention by cohort. The five cohorts of a customer stand side by side, so that its activity is
-- joined once and counted for all of them by grouping sets.
create temp table cohort_dates as
with campaign_days as (
    select
        customer_number,
        min(activity_date) filter (where activity_date between date '2024-11-25' and date '2024-12-02') as black_friday_2024,
        min(activity_date) filter (where activity_date between date '2025-11-24' and date '2025-12-01') as black_friday_2025
    from customer_days
    where orders > 0 and (
        activity_date between date '2024-11-25' and date '2024-12-02'
        or activity_date between date '2025-11-24' and date '2025-12-01'
    )
    group by customer_number
),

installs as (
    select customer_number, min(occurred_date) as app_install
    from event_days
    where event_type = 'app_installed'
    group by customer_number
)

select
    merged.customer_number, purchases.first_date as first_order, cast(merged.created_at as date) as sign_up,
    app_install, black_friday_2024, black_friday_2025, purchases.last_date
from (select customer_number, created_at from customers_merged) as merged
left join purchases using (customer_number)
left join installs using (customer_number)
left join campaign_days using (customer_number);

create temp macro period_of(grain, day) as cast(date_trunc(grain, day) as date);

create temp macro cohort_measures(grain) as table
with cohorts as (
    select
        customer_number,
        period_of(grain, first_order) as first_order,
        period_of(grain, sign_up) as sign_up,
        period_of(grain, app_install) as app_install,
        period_of(grain, black_friday_2024) as black_friday_2024,
        period_of(grain, black_friday_2025) as black_friday_2025,
        period_of(grain, last_date) as last_period
    from cohort_dates
),

activity as (
    select customer_number, period_of(grain, activity_date) as period, bool_or(orders > 0) as is_active, sum(net_revenue) as revenue
    from customer_days
    group by all
),

kinds as (
    from (values (15, 'first_order'), (23, 'sign_up'), (27, 'app_install'), (29, 'campaign_black_friday_2024'),
        (30, 'campaign_black_friday_2025')) as kind (grouping_number, cohort_kind)
),

measured as (
    select
        grouping(first_order, sign_up, app_install, black_friday_2024, black_friday_2025) as grouping_number,
        coalesce(first_order, sign_up, app_install, black_friday_2024, black_friday_2025) as cohort_period,
        period,
        count(*) filter (where is_active) as active_customers,
        sum(revenue) as revenue
    from activity
    inner join cohorts using (customer_number)
    group by grouping sets (
        (first_order, period), (sign_up, period), (app_install, period), (black_friday_2024, period), (black_friday_2025, period)
    )
),

last_active as (
    select
        grouping(first_order, sign_up, app_install, black_friday_2024, black_friday_2025) as grouping_number,
        coalesce(first_order, sign_up, app_install, black_friday_2024, black_friday_2025) as cohort_period,
        last_period,
        count(*) as customers
    from cohorts
    group by grouping sets (
        (first_order, last_period), (sign_up, last_period), (app_install, last_period),
        (black_friday_2024, last_period), (black_friday_2025, last_period)
    )
),

sizes as (
    select grouping_number, cohort_period, cast(sum(customers) as bigint) as cohort_size
    from last_active
    where cohort_period is not null
    group by all
),

periods as (
    select cast(unnest(generate_series(
        cast((select min(cohort_period) from sizes) as timestamp), timestamp '2026-11-20', to_days(if(grain = 'week', 7, 0)) + to_months(if(grain = 'week', 0, 1))
    )) as date) as period
),

filled as (
    select
        kinds.cohort_kind,
        sizes.cohort_period,
        sizes.cohort_size,
        periods.period,
        periods.period + if(grain = 'week', to_days(7), to_months(1)) <= date '2026-11-21' as is_complete,
        coalesce(measured.active_customers, 0) as active_customers,
        coalesce(measured.revenue, 0) as revenue,
        sum(coalesce(last_active.customers, 0)) over (
            partition by kinds.cohort_kind, sizes.cohort_period order by periods.period desc
        ) as active_from_here
    from sizes
    inner join kinds using (grouping_number)
    inner join periods on sizes.cohort_period <= periods.period
    left join measured using (grouping_number, cohort_period, period)
    left join last_active
        on sizes.grouping_number = last_active.grouping_number
        and sizes.cohort_period = last_active.cohort_period
        and periods.period = last_active.last_period
)

select
    cohort_kind,
    grain as period_grain,
    cohort_period,
    cast(date_diff(grain, cohort_period, period) as int) as period_index,
    cohort_size,
    case when is_complete then active_customers end as active_customers,
    case when is_complete then cast(active_customers as double) / cohort_size end as retention,
    case when is_complete then cast(active_from_here as double) / cohort_size end as rolling_retention,
    case when is_complete then cast(revenue as decimal(18, 4)) end as revenue,
    date '2026-11-21' as as_of_date
from filled;

create table cohort_retention as
from cohort_measures('month')
union all
from cohort_measures('week');

drop table customer_days;
