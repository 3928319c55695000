-- How much of past revenue comes from good customers who stopped buying, and can they be written to?
-- Read: revenue is what they spent so far, not what they would spend; the reachable part is where a campaign can begin.
with customers as (
    select * from {{ ref('customers') }}
),

every_customer as (
    select sum(monetary) as revenue from customers
)

select
    customers.rfm_segment,
    count(*) as buyers,
    sum(customers.monetary) as revenue,
    {{ share_of('sum(customers.monetary)', 'max(every_customer.revenue)') }} as revenue_share,
    sum(case when customers.is_email_reachable then customers.monetary else 0 end) as reachable_revenue,
    avg(cast(customers.recency_days as double)) as mean_days_since_purchase
from customers
cross join every_customer
where customers.rfm_segment in ('cant_lose', 'at_risk', 'need_attention')
group by customers.rfm_segment
order by revenue desc nulls last
