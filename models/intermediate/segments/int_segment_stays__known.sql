{#- The state before D: what was recorded on D or later is not known yet, so that a second run of the same
    day sees what the first one saw. -#}
{%- set tracked = segment_catalogue().stays if execute else [] -%}
with customers as (
    select customer_id from {{ ref('int_customers__enriched') }}
),

recordings as (
    select distinct segment
    from {{ ref('stg_segment_days') }}
    where recorded_date < {{ as_of_date() }}
),

stays as (
    select
        segment,
        customer_id,
        valid_from_date,
        case when valid_to_date < {{ as_of_date() }} then valid_to_date end as valid_to_date,
        is_start_known
    from {{ ref('stg_segment_stays') }}
    where valid_from_date < {{ as_of_date() }}
)

select
    {%- for segment in tracked %}
    {%- set name = sql_string(segment) %}
    max(
        case when stays.segment = {{ name }} and stays.valid_to_date is null then stays.valid_from_date end
    ) as {{ segment }}_since_date,
    coalesce(
        bool_or(stays.segment = {{ name }} and stays.valid_to_date is null and stays.is_start_known), false
    ) as {{ segment }}_is_start_known,
    max(case when stays.segment = {{ name }} then stays.valid_to_date end) as {{ segment }}_last_exit_date,
    {{ name }} in (select recordings.segment from recordings) as {{ segment }}_is_recorded,
    {%- endfor %}
    customers.customer_id
from customers
left join stays on customers.customer_id = stays.customer_id
group by customers.customer_id
