-- Do customers won in a named campaign, such as Black Friday, come back like others of the same months?
-- Read: difference is in percentage points of retention; below 0 the campaign's customers come back less often. A cohort of
-- fewer than a hundred customers says little.
with cohorts as (
    select
        cohort_kind,
        cohort_period,
        period_index,
        cohort_size,
        retention
    from {{ ref('cohort_retention') }}
    where period_grain = 'month' and retention is not null and period_index between 1 and 6
)

select
    campaign.cohort_kind,
    campaign.cohort_period,
    campaign.period_index as months_since,
    campaign.cohort_size,
    campaign.retention,
    every_new.retention as retention_of_all_new_buyers,
    100 * (campaign.retention - every_new.retention) as difference
from cohorts as campaign
inner join cohorts as every_new
    on
        campaign.cohort_period = every_new.cohort_period
        and campaign.period_index = every_new.period_index
        and every_new.cohort_kind = 'first_order'
where campaign.cohort_kind like 'campaign%'
order by campaign.cohort_kind asc nulls last, campaign.period_index asc nulls last
