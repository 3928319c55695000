-- The customer table, and the demo catalogue's segments by hand.
create temp table customers_wide as
with engagement_scores as (
    select customer_number, recency_days as engagement_recency_days, frequency as engagement_frequency, rfm_segment as engagement_segment
    from scored
    where basis = 'engagement'
)

select
    merged.* exclude (birth_date, customer_number),
    cast(date_diff('year', birth_date, date '2026-11-21') - cast(
        (month(date '2026-11-21'), day(date '2026-11-21')) < (month(birth_date), day(birth_date)) as int) as int) as age_years,
    coalesce(email_consent and has_email, false) as is_email_reachable,
    coalesce(sms_consent and has_phone, false) as is_sms_reachable,
    coalesce(push_consent, false) as is_push_reachable,
    coalesce(ads_consent and (has_email or has_phone), false) as is_ads_reachable,
    purchases.first_date as first_order_date,
    purchases.last_date as last_order_date,
    recency_days,
    coalesce(purchases.frequency, 0) as frequency,
    coalesce(purchases.monetary, 0) as monetary,
    cast(cast(purchases.monetary as double) / nullif(purchases.orders, 0) as decimal(18, 4)) as average_order_value,
    repeat_frequency,
    recency_age_days,
    tenure_days,
    order_scores.repeat_monetary,
    r_score,
    f_score,
    m_score,
    coalesce(rfm_segment, 'prospect') as rfm_segment,
    engagement_recency_days,
    coalesce(engagement_frequency, 0) as engagement_frequency,
    engagement_segment,
    value_tier,
    value_decile,
    cumulative_share as cumulative_revenue_share,
    case
        when purchases.first_date is null then 'prospect'
        when recency_days >= 180 then 'churned'
        when recency_days >= 90 then 'lapsing'
        when purchases.last_date - purchases.previous_date >= 180 then 'reactivated'
        when date '2026-11-21' - purchases.first_date <= 30 then 'new'
        else 'active'
    end as lifecycle_stage
from customers_merged as merged
left join purchases using (customer_number)
left join (from scored where basis = 'orders') as order_scores using (customer_number)
left join engagement_scores using (customer_number)
left join tiered using (customer_number);

create temp table flagged as
select
    *,
    case
        when vip then 'vip'
        when valuable_at_risk then 'valuable_at_risk'
        when newcomers then 'newcomers'
        when regulars then 'regulars'
        when prospects then 'prospects'
        when churned_customers then 'churned_customers'
        else 'everybody'
    end as primary_segment
from (
    select
        *,
        value_tier = 'A' and rfm_segment in ('champions', 'loyal') as vip,
        value_tier in ('A', 'B') and (rfm_segment in ('at_risk', 'cant_lose') or lifecycle_stage = 'lapsing') as valuable_at_risk,
        coalesce(first_order_date >= date '2026-10-22', false) as newcomers,
        frequency >= 2 and lifecycle_stage in ('active', 'reactivated') as regulars,
        last_order_date is null as prospects,
        lifecycle_stage = 'churned' as churned_customers,
        coalesce(country_code = 'PL' and region = 'mazowieckie' and monetary > 5000, false) as big_spenders_mazowieckie,
        coalesce(company_name is not null and (company_employees >= 10
            or regexp_matches(job_title, '(?i)(head|director|owner|buyer|manager)')), false) as business_decision_makers,
        coalesce(plan = 'Premium' and lifecycle_stage in ('lapsing', 'churned'), false) as premium_plan_lapsing,
        coalesce(engagement_recency_days <= 60 and coalesce(last_order_date < date '2026-05-21', true), false) as mail_readers_without_order,
        coalesce(age_years between 18 and 29 and ads_consent and coalesce(not email_consent, true), false) as young_adults_without_email_consent,
        coalesce(country_code = 'PL' and language <> 'pl', false) as foreign_language_in_poland
    from customers_wide
);

create table customers as
select
    customer_id, contact_count, created_at, cast(created_at as date) as created_date, updated_at,
    cast(null as varchar) as email, cast(null as varchar) as phone, cast(null as varchar) as first_name, cast(null as varchar) as last_name,
    cast(null as date) as birth_date, cast(null as double) as latitude, cast(null as double) as longitude, cast(null as varchar) as attributes,
    age_years, gender, language, country_code, region, city, postal_code, time_zone,
    acquisition_source, acquisition_campaign, preferred_channel, job_title,
    company_name, company_industry, company_employees, company_annual_revenue, plan,
    email_consent, sms_consent, push_consent, ads_consent,
    is_email_reachable, is_sms_reachable, is_push_reachable, is_ads_reachable,
    first_order_date, last_order_date, recency_days, frequency, monetary, average_order_value,
    repeat_frequency, recency_age_days, tenure_days, repeat_monetary, r_score, f_score, m_score, rfm_segment,
    engagement_recency_days, engagement_frequency, engagement_segment,
    value_tier, value_decile, cumulative_revenue_share, lifecycle_stage, primary_segment,
    date '2026-11-21' as as_of_date
from flagged;

create table segment_memberships as
select
    segment,
    customer_id,
    segment = primary_segment as is_primary,
    case segment
        when 'premium_plan_lapsing' then is_sms_reachable
        when 'young_adults_without_email_consent' then is_ads_reachable
        when 'everybody' then null
        else is_email_reachable
    end as is_reachable,
    segment = 'valuable_at_risk' and cast('0x' || md5(customer_id || ':win-back')[:7] as int) < 26843546 as in_holdout,
    cast(null as date) as member_since_date
from (
    select
        customer_id, primary_segment, is_email_reachable, is_sms_reachable, is_ads_reachable,
        unnest(list_where(
            [
                'vip', 'valuable_at_risk', 'newcomers', 'regulars', 'prospects', 'churned_customers', 'everybody',
                'big_spenders_mazowieckie', 'business_decision_makers', 'premium_plan_lapsing',
                'mail_readers_without_order', 'young_adults_without_email_consent', 'foreign_language_in_poland'
            ],
            [
                vip, valuable_at_risk, newcomers, regulars, prospects, churned_customers, true,
                big_spenders_mazowieckie, business_decision_makers, premium_plan_lapsing,
                mail_readers_without_order, young_adults_without_email_consent, foreign_language_in_poland
            ]
        )) as segment
    from flagged
);
