-- Fails for a segment whose waterfall does not begin with every customer, loses some on the way, or ends elsewhere
-- than in its members.
with members as (
    select
        segment,
        count(*) as customers
    from {{ ref('segment_memberships') }}
    group by segment
),

everybody as (
    select count(*) as customers
    from {{ ref('customers') }}
),

waterfalls as (
    select
        segment,
        max(case when step_number = 0 then customers_left end) as first_customers,
        max_by(customers_left, step_number) as last_customers,
        sum(customers_dropped) as dropped_customers,
        max(customers_left - customers_alone) as more_than_alone,
        count(*) as steps
    from {{ ref('segment_waterfalls') }}
    group by segment
)

select
    segments.segment,
    waterfalls.first_customers,
    waterfalls.last_customers,
    waterfalls.dropped_customers,
    members.customers
from {{ ref('segments') }} as segments
cross join everybody
left join waterfalls on segments.segment = waterfalls.segment
left join members on segments.segment = members.segment
where
    waterfalls.first_customers is distinct from everybody.customers
    or waterfalls.last_customers is distinct from coalesce(members.customers, 0)
    or waterfalls.dropped_customers is distinct from everybody.customers - coalesce(members.customers, 0)
    or waterfalls.more_than_alone > 0
    or waterfalls.steps < 2
