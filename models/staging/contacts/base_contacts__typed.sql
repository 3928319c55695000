{{ config(materialized='incremental', incremental_strategy='append', unique_key=['contact_id', 'load_id', 'row_content']) }}

{%- set rows_to_stage = rows_to_stage('contacts') %}

{%- set consents = ['email_consent', 'sms_consent', 'push_consent', 'ads_consent'] %}
{%- set times = ['created_at', 'updated_at', 'deleted_at', 'loaded_at'] %}

with raw_contacts as (
    select * from {{ rows_to_stage }}
),

repeated as (
    {{ repeated_ids(rows_to_stage, 'contact_id', this if is_incremental() else none) | indent }}
),

typed as (
    select
        raw_contacts.*,
        repeated.repeated_id,
        {{ to_email('email') }} as typed_email,
        {{ to_phone('phone') }} as typed_phone,
        cast({{ to_timestamp('raw_contacts.birth_date') }} as date) as typed_birth_date,
        {{ to_degrees('raw_contacts.latitude', 90) }} as typed_latitude,
        {{ to_degrees('raw_contacts.longitude', 180) }} as typed_longitude,
        try_cast(raw_contacts.company_employees as bigint) as typed_company_employees,
        {{ to_amount('company_annual_revenue') }} as typed_company_annual_revenue,
        {%- for consent in consents %}
        try_cast({{ consent }} as boolean) as typed_{{ consent }},
        {%- endfor %}
        {%- for time in times %}
        {{ to_timestamp(time) }} as typed_{{ time }},
        {%- endfor %}
        {{ is_json('attributes') }} as has_json_attributes
    from raw_contacts
    left join repeated
        on raw_contacts.contact_id = repeated.repeated_id
),

checked as (
    select
        *,
        {{ reason_codes({
            'missing_id': 'contact_id is null',
            'missing_value': 'created_at is null',
            'unparsable_time': is_any_unparsable(times + ['birth_date']),
            'unparsable_number': is_any_unparsable(['company_employees', 'company_annual_revenue'])
                ~ ' or ' ~ is_unparsable('latitude', 'try_cast(latitude as double)') ~ ' or ' ~ is_unparsable('longitude', 'try_cast(longitude as double)'),
            'unparsable_boolean': is_any_unparsable(consents),
            'future_time': is_after_load('typed_created_at', 'typed_loaded_at') ~ ' or ' ~ is_after_load('typed_updated_at', 'typed_loaded_at'),
            'out_of_range': 'try_cast(latitude as double) is not null and typed_latitude is null or try_cast(longitude as double) is not null and typed_longitude is null',
            'invalid_email': is_unparsable('email', 'typed_email'),
            'invalid_phone': is_unparsable('phone', 'typed_phone'),
            'invalid_json': 'not has_json_attributes',
        }) }} as reason_codes
    from typed
)

select
    cast(contact_id as string) as contact_id,
    typed_email as email,
    typed_phone as phone,
    cast(first_name as string) as first_name,
    cast(last_name as string) as last_name,
    typed_birth_date as birth_date,
    cast(gender as string) as gender,
    cast(lower(language) as string) as language,
    cast(upper(country_code) as string) as country_code,
    cast(region as string) as region,
    cast(city as string) as city,
    cast(postal_code as string) as postal_code,
    typed_latitude as latitude,
    typed_longitude as longitude,
    cast(time_zone as string) as time_zone,
    cast(acquisition_source as string) as acquisition_source,
    cast(acquisition_campaign as string) as acquisition_campaign,
    cast(preferred_channel as string) as preferred_channel,
    cast(job_title as string) as job_title,
    cast(company_name as string) as company_name,
    cast(company_industry as string) as company_industry,
    typed_company_employees as company_employees,
    typed_company_annual_revenue as company_annual_revenue,
    cast(plan as string) as plan,
    {%- for consent in consents %}
    typed_{{ consent }} as {{ consent }},
    {%- endfor %}
    case when has_json_attributes then cast(attributes as string) end as attributes,
    {%- for time in times %}
    typed_{{ time }} as {{ time }},
    {%- endfor %}
    reason_codes,
    {{ row_evidence_columns('contacts') }},
    {{ staged_row_columns('contacts') }}
from checked
