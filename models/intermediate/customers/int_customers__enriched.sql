with merged as (
    select * from {{ ref('int_customers__merged') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases__summarised') }}
),

order_scores as (
    select *
    from {{ ref('int_customers__scored') }}
    where basis = 'orders'
),

engagement_scores as (
    select *
    from {{ ref('int_customers__scored') }}
    where basis = 'engagement'
),

value_tiers as (
    select * from {{ ref('int_customers__tiered') }}
),

lifecycles as (
    select * from {{ ref('int_customer_lifecycles__staged') }}
)

select
    -- who
    merged.customer_id,
    merged.contact_count,
    merged.created_at,
    {{ local_date('merged.created_at') }} as created_date,
    merged.updated_at,
    merged.email,
    merged.phone,
    merged.first_name,
    merged.last_name,
    merged.birth_date,
    {{ age_in_years('merged.birth_date', as_of_date()) }} as age_years,
    merged.gender,
    merged.language,
    -- where
    merged.country_code,
    merged.region,
    merged.city,
    merged.postal_code,
    merged.latitude,
    merged.longitude,
    merged.time_zone,
    -- how they came and what they do
    merged.acquisition_source,
    merged.acquisition_campaign,
    merged.preferred_channel,
    merged.job_title,
    merged.company_name,
    merged.company_industry,
    merged.company_employees,
    merged.company_annual_revenue,
    merged.plan,
    merged.attributes,
    -- how they may be reached
    merged.email_consent,
    merged.sms_consent,
    merged.push_consent,
    merged.ads_consent,
    {{ reachable_columns('merged') }},
    -- what they bought
    purchases.first_order_date,
    purchases.last_order_date,
    order_scores.recency_days,
    coalesce(purchases.frequency, 0) as frequency,
    coalesce(purchases.monetary, 0) as monetary,
    cast(coalesce(purchases.orders, 0) as int) as orders,
    cast(cast(purchases.monetary as double) / nullif(purchases.orders, 0) as decimal(18, 4)) as average_order_value,
    order_scores.repeat_frequency,
    order_scores.recency_age_days,
    order_scores.tenure_days,
    order_scores.repeat_monetary,
    -- what they are worth
    order_scores.r_score,
    order_scores.f_score,
    order_scores.m_score,
    coalesce(order_scores.rfm_segment, 'prospect') as rfm_segment,
    engagement_scores.recency_days as engagement_recency_days,
    coalesce(engagement_scores.frequency, 0) as engagement_frequency,
    engagement_scores.rfm_segment as engagement_segment,
    value_tiers.value_tier,
    value_tiers.value_decile,
    value_tiers.cumulative_share as cumulative_revenue_share,
    coalesce(lifecycles.lifecycle_stage, 'prospect') as lifecycle_stage,
    {{ as_of_date() }} as as_of_date
from merged
left join purchases on merged.customer_id = purchases.customer_id
left join order_scores on merged.customer_id = order_scores.customer_id
left join engagement_scores on merged.customer_id = engagement_scores.customer_id
left join value_tiers on merged.customer_id = value_tiers.customer_id
left join lifecycles on merged.customer_id = lifecycles.customer_id
