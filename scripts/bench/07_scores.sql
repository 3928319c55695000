-- What each customer bought and how it engaged, its scores and its value tier.
create temp table purchases as
select
    *,
    cast(case
        when frequency > 1 then cast(kept_revenue - first_day_revenue as double) / (frequency - 1)
        when frequency = 1 then 0
    end as decimal(18, 4)) as repeat_monetary
from (
    select
        customer_number,
        min(activity_date) filter (where orders > 0) as first_date,
        max(activity_date) filter (where orders > 0) as last_date,
        max(activity_date, 2) filter (where orders > 0)[2] as previous_date,
        cast(count(*) filter (where orders > 0) as int) as frequency,
        cast(sum(orders) as int) as orders,
        cast(sum(net_revenue) as decimal(18, 4)) as monetary,
        sum(kept_revenue) as kept_revenue,
        arg_min(kept_revenue, activity_date) filter (where orders > 0) as first_day_revenue
    from customer_days
    group by customer_number
);

create temp table scored as
with engagements as (
    select
        customer_number,
        min(occurred_date) as first_date,
        max(occurred_date) as last_date,
        cast(count(*) as int) as frequency,
        sum(events) as events,
        arg_min(events, occurred_date) as first_day_events
    from event_days
    where event_type = 'email_clicked'
    group by customer_number
),

inputs as (
    select customer_number, 'orders' as basis, first_date, last_date, frequency, monetary, repeat_monetary
    from purchases
    where frequency > 0
    union all
    select
        customer_number, 'engagement', first_date, last_date, frequency, cast(events as decimal(18, 4)),
        cast(case when frequency > 1 then cast(events - first_day_events as double) / (frequency - 1) else 0 end as decimal(18, 4))
    from engagements
),

recency_scores as (
    select basis, last_date, cast(least(5, 1 + 5 * (sum(customers) over (partition by basis order by last_date) - customers)
        // greatest(sum(customers) over (partition by basis) - 1, 1)) as int) as r_score
    from (select basis, last_date, count(*) as customers from inputs group by all)
),

frequency_scores as (
    select basis, frequency, cast(least(5, 1 + 5 * (sum(customers) over (partition by basis order by frequency) - customers)
        // greatest(sum(customers) over (partition by basis) - 1, 1)) as int) as f_score
    from (select basis, frequency, count(*) as customers from inputs group by all)
),

monetary_scores as (
    select basis, monetary, if(monetary <= 0, 1, cast(least(5, 1 + 5 * (sum(customers) over (partition by basis order by monetary) - customers)
        // greatest(sum(customers) over (partition by basis) - 1, 1)) as int)) as m_score
    from (select basis, monetary, count(*) as customers from inputs group by all)
)

select
    customer_number,
    basis,
    cast(date '2026-11-21' - last_date as int) as recency_days,
    frequency,
    monetary,
    r_score,
    f_score,
    m_score,
    -- row r_score, column f_score of the R x F map
    [
        ['hibernating', 'hibernating', 'at_risk', 'at_risk', 'cant_lose'],
        ['hibernating', 'hibernating', 'at_risk', 'at_risk', 'cant_lose'],
        ['about_to_sleep', 'about_to_sleep', 'need_attention', 'loyal', 'loyal'],
        ['promising', 'potential_loyalist', 'potential_loyalist', 'loyal', 'loyal'],
        ['new', 'potential_loyalist', 'potential_loyalist', 'champions', 'champions']
    ][r_score][f_score] as rfm_segment,
    cast(frequency - 1 as int) as repeat_frequency,
    cast(last_date - first_date as int) as recency_age_days,
    cast(date '2026-11-21' - first_date - 1 as int) as tenure_days,
    repeat_monetary
from inputs
inner join recency_scores using (basis, last_date)
inner join frequency_scores using (basis, frequency)
inner join monetary_scores using (basis, monetary);

create table rfm_scores as
select customer_id, scored.* exclude (customer_number), date '2026-11-21' as as_of_date
from scored
inner join (select customer_number, customer_id from customers_merged) using (customer_number);

create temp table tiered as
with revenues as (
    select
        customer_number,
        coalesce(monetary, 0) as net_revenue,
        coalesce(frequency, 0) > 0 as has_occasion
    from (select customer_number from customers_merged)
    left join purchases using (customer_number)
),

running as (
    select
        net_revenue,
        sum(customers) over highest_first - customers as customers_above,
        sum(customers) over () as all_customers,
        cast(sum(revenue) over highest_first as decimal(30, 4)) as revenue_to_here,
        revenue,
        cast(sum(revenue) over () as decimal(30, 4)) as all_revenue
    from (
        select
            net_revenue,
            count(*) filter (where has_occasion) as customers,
            sum(greatest(net_revenue, 0)) as revenue
        from revenues
        group by net_revenue
    )
    window highest_first as (order by net_revenue desc)
),

tiers as (
    select
        *,
        all_customers // 10 as size,
        all_customers % 10 as larger,
        case
            when net_revenue <= 0 then 'none'
            when revenue_to_here - revenue < all_revenue * 0.80 then 'A'
            when revenue_to_here - revenue < all_revenue * 0.95 then 'B'
            else 'C'
        end as value_tier,
        case when net_revenue > 0 then cast(revenue_to_here as double) / nullif(cast(all_revenue as double), 0) end as cumulative_share
    from running
)

select
    customer_number,
    cast(net_revenue as decimal(18, 4)) as net_revenue,
    cumulative_share,
    value_tier,
    case when has_occasion then cast(if(
        customers_above < larger * (size + 1),
        1 + customers_above // (size + 1),
        1 + larger + (customers_above - larger * (size + 1)) // nullif(size, 0)
    ) as int) end as value_decile
from revenues
inner join tiers using (net_revenue);

create table value_tiers as
select customer_id, tiered.* exclude (customer_number), date '2026-11-21' as as_of_date
from tiered
inner join (select customer_number, customer_id from customers_merged) using (customer_number);
