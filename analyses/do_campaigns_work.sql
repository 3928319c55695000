-- Do members who are addressed buy more often than those who are held out?
-- Read: difference in percentage points of members with a purchase in the last 30 days, with the standard error of that
-- difference. Below two standard errors it may be chance; held-out groups of a few customers always are.
with members as (
    select
        memberships.segment,
        memberships.in_holdout,
        case when customers.recency_days <= 30 then 1.0 else 0.0 end as bought
    from {{ ref('segment_memberships') }} as memberships
    inner join {{ ref('customers') }} as customers
        on memberships.customer_id = customers.customer_id
),

counted as (
    select
        segment,
        sum(case when in_holdout then 1 else 0 end) as held_out,
        sum(case when in_holdout then 0 else 1 end) as addressed,
        avg(case when in_holdout then cast(bought as double) end) as held_out_rate,
        avg(case when not in_holdout then cast(bought as double) end) as addressed_rate
    from members
    group by segment
)

select
    segment,
    held_out,
    addressed,
    held_out_rate,
    addressed_rate,
    100 * (addressed_rate - held_out_rate) as difference,
    100 * sqrt(
        addressed_rate * (1 - addressed_rate) / nullif(addressed, 0) + held_out_rate * (1 - held_out_rate) / nullif(held_out, 0)
    ) as standard_error
from counted
where held_out > 0 and addressed > 0
order by segment asc nulls last
