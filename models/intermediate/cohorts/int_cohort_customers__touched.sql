with clock as (
    select * from {{ ref('stg_build_state') }}
    where former_as_of_date is not null
),

-- Another first day says all of a changed install, of one that time has brought into sight, and of one that a run for an
-- earlier date has lost sight of.
installs as (
    select
        customer_id,
        min(occurred_date) as first_date
    from {{ ref('int_customer_event_days__aggregated') }}
    where event_type = 'app_installed'
    group by customer_id
),

former_installs as (
    select
        customer_id,
        cohort_date as first_date
    from {{ ref('stg_former_customer_cohorts') }}
    where cohort_kind = 'app_install'
)

select customer_id from {{ ref('int_customers__touched') }}

union

select customer_id from {{ ref('int_customer_attributes__touched') }}

union

select coalesce(installs.customer_id, former_installs.customer_id) as customer_id
from installs
full outer join former_installs on installs.customer_id = former_installs.customer_id
cross join clock
where
    installs.first_date <> former_installs.first_date
    or installs.customer_id is null
    or former_installs.customer_id is null
