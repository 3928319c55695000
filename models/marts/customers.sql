{#- Personal columns are part of the table and NULL unless var expose_pii, so that the contract is one. -#}
{%- set personal = ['email', 'phone', 'first_name', 'last_name', 'birth_date', 'latitude', 'longitude', 'attributes'] %}
{%- set types = {'birth_date': 'date', 'latitude': 'double', 'longitude': 'double'} %}

with enriched as (
    select * from {{ ref('int_customers__enriched') }}
),

primary_segments as (
    select * from {{ ref('int_primary_segments__chosen') }}
)

select
    enriched.customer_id,
    enriched.contact_count,
    enriched.created_at,
    enriched.created_date,
    enriched.updated_at,
    {%- for column in personal %}
    {%- if var('expose_pii') %}
    enriched.{{ column }},
    {%- else %}
    cast(null as {{ types.get(column, 'string') }}) as {{ column }},
    {%- endif %}
    {%- endfor %}
    enriched.age_years,
    enriched.gender,
    enriched.language,
    enriched.country_code,
    enriched.region,
    enriched.city,
    enriched.postal_code,
    enriched.time_zone,
    enriched.acquisition_source,
    enriched.acquisition_campaign,
    enriched.preferred_channel,
    enriched.job_title,
    enriched.company_name,
    enriched.company_industry,
    enriched.company_employees,
    enriched.company_annual_revenue,
    enriched.plan,
    enriched.email_consent,
    enriched.sms_consent,
    enriched.push_consent,
    enriched.ads_consent,
    enriched.is_email_reachable,
    enriched.is_sms_reachable,
    enriched.is_push_reachable,
    enriched.is_ads_reachable,
    enriched.first_order_date,
    enriched.last_order_date,
    enriched.recency_days,
    enriched.frequency,
    enriched.monetary,
    enriched.orders,
    enriched.average_order_value,
    enriched.repeat_frequency,
    enriched.recency_age_days,
    enriched.tenure_days,
    enriched.repeat_monetary,
    enriched.r_score,
    enriched.f_score,
    enriched.m_score,
    enriched.rfm_segment,
    enriched.engagement_recency_days,
    enriched.engagement_frequency,
    enriched.engagement_segment,
    enriched.value_tier,
    enriched.value_decile,
    enriched.cumulative_revenue_share,
    enriched.lifecycle_stage,
    primary_segments.primary_segment,
    enriched.as_of_date
from enriched
left join primary_segments
    on enriched.customer_id = primary_segments.customer_id
