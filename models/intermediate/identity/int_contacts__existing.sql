{{ config(materialized='view') }}

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
    created_date,
    updated_at,
    deleted_at,
    loaded_at
from {{ ref('stg_contacts') }}
where
    created_date < {{ as_of_date() }}
    and (deleted_at is null or {{ local_date('deleted_at') }} >= {{ as_of_date() }})
