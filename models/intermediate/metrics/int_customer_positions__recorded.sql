{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='as_of_date',
    full_refresh=false,
    on_schema_change='append_new_columns',
) }}

with customers as (
    select
        customer_id,
        rfm_segment
    from {{ ref('int_customers__enriched') }}
),

primary_segments as (
    select * from {{ ref('int_primary_segments__chosen') }}
)

select
    customers.customer_id,
    {{ as_of_date() }} as as_of_date,
    primary_segments.primary_segment,
    customers.rfm_segment
from customers
left join primary_segments on customers.customer_id = primary_segments.customer_id
{%- if not var('record_history') %}
where false
{%- elif is_incremental() %}
-- The first recording of a period stands for it.
where
    not exists (
        select 1
        from {{ this }} as recorded
        where
            recorded.as_of_date < {{ as_of_date() }}
            and recorded.as_of_date >= {{ period_of(as_of_date(), migration_period()) }}
    )
{%- endif %}
