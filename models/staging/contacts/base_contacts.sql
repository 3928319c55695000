{{ config(materialized='view') }}

with versions as (
    {{ ranked_versions(ref('base_contacts__typed'), 'contact_id', ['updated_at', 'loaded_at']) }}
)

select
    contact_id,
    email,
    phone,
    first_name,
    last_name,
    birth_date,
    gender,
    language,
    country_code,
    region,
    city,
    postal_code,
    latitude,
    longitude,
    time_zone,
    acquisition_source,
    acquisition_campaign,
    preferred_channel,
    job_title,
    company_name,
    company_industry,
    company_employees,
    company_annual_revenue,
    plan,
    email_consent,
    sms_consent,
    push_consent,
    ads_consent,
    attributes,
    created_at,
    updated_at,
    deleted_at,
    loaded_at,
    {{ quarantine_columns() }}
from versions
