-- Fails where the first_order cohorts of a grain do not hold each customer with an occasion once.
with buyers as (
    select count(*) as customers
    from {{ ref('rfm_scores') }}
    where basis = 'orders'
),

cohorts as (
    select
        period_grain,
        sum(cohort_size) as customers
    from {{ ref('cohort_retention') }}
    where cohort_kind = 'first_order' and period_index = 0
    group by period_grain
)

select
    cohorts.period_grain,
    cohorts.customers as of_cohorts,
    buyers.customers as of_scores
from cohorts
cross join buyers
where cohorts.customers <> buyers.customers
