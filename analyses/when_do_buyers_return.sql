-- In which month after the first purchase do customers come back, and by when has who will not come back become clear?
-- Read: retention is the share active in that very month, rolling_retention in it or later. Where the second one flattens,
-- a win-back campaign talks to people who are gone.
select
    period_index as months_since_first_order,
    sum(cohort_size) as customers,
    {{ share_of('sum(active_customers)', 'sum(cohort_size)') }} as retention,
    {{ share_of('sum(rolling_retention * cohort_size)', 'sum(cohort_size)') }} as rolling_retention,
    {{ share_of('sum(revenue)', 'sum(cohort_size)') }} as revenue_per_customer
from {{ ref('cohort_retention') }}
where
    cohort_kind = 'first_order'
    and period_grain = 'month'
    and active_customers is not null
    and period_index between 0 and 12
group by period_index
order by period_index asc nulls last
