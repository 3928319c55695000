-- Fails where the figures of D disagree with the memberships and customers, or a rate is none.
with members as (
    select
        memberships.segment,
        count(*) as customers,
        sum(customers.monetary) as revenue,
        count(case when customers.frequency >= 2 then 1 end) as repeat_customers,
        count(case when customers.recency_days <= {{ segment_metrics_days() }} then 1 end) as converted_customers
    from {{ ref('segment_memberships') }} as memberships
    inner join {{ ref('customers') }} as customers on memberships.customer_id = customers.customer_id
    group by memberships.segment
),

everybody as (
    select count(*) as all_customers
    from {{ ref('customers') }}
),

metrics as (
    select *
    from {{ ref('segment_metrics') }}
    where as_of_date = {{ as_of_date() }}
)

select
    segments.segment,
    metrics.customers,
    metrics.revenue
from {{ ref('segments') }} as segments
cross join everybody
left join metrics on segments.segment = metrics.segment
left join members on segments.segment = members.segment
where
    metrics.customers is distinct from coalesce(members.customers, 0)
    or metrics.revenue is distinct from coalesce(members.revenue, 0)
    or metrics.repeat_customers is distinct from coalesce(members.repeat_customers, 0)
    or metrics.converted_customers is distinct from coalesce(members.converted_customers, 0)
    or abs(metrics.share * everybody.all_customers - metrics.customers) > 0.000001
    or metrics.conversion_rate not between 0 and 1
    or metrics.repeat_rate not between 0 and 1
    or metrics.retention_rate not between 0 and 1
    or metrics.open_rate not between 0 and 1
    or metrics.click_rate not between 0 and 1
    or metrics.unsubscribe_rate not between 0 and 1
    or metrics.reachable_share not between 0 and 1
    or abs(metrics.retention_rate + metrics.churn_rate - 1) > 0.000001
    or metrics.recent_revenue is null
    or metrics.buying_customers > metrics.customers
    or metrics.retained_customers > metrics.earlier_customers
    or metrics.retained_customers > metrics.converted_customers
