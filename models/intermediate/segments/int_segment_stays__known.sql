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
    where
        valid_from_date < {{ as_of_date() }}
        {%- if tracked %}
        and segment in ({% for segment in tracked %}{{ sql_string(segment) }}{{ ', ' if not loop.last }}{% endfor %})
        {%- else %}
        and 1 = 0
        {%- endif %}
),

summed as (
    select
        {%- for segment in tracked %}
        {%- set name = sql_string(segment) %}
        max(case when segment = {{ name }} and valid_to_date is null then valid_from_date end) as {{ segment }}_since_date,
        bool_or(segment = {{ name }} and valid_to_date is null and is_start_known) as {{ segment }}_is_start_known,
        max(case when segment = {{ name }} then valid_to_date end) as {{ segment }}_last_exit_date,
        {%- endfor %}
        customer_id
    from stays
    group by customer_id
)

select
    {%- for segment in tracked %}
    summed.{{ segment }}_since_date,
    coalesce(summed.{{ segment }}_is_start_known, false) as {{ segment }}_is_start_known,
    summed.{{ segment }}_last_exit_date,
    {{ sql_string(segment) }} in (select recordings.segment from recordings) as {{ segment }}_is_recorded,
    {%- endfor %}
    customers.customer_id
from customers
left join summed on customers.customer_id = summed.customer_id
