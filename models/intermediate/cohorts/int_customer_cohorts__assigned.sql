{{ config(materialized='incremental', incremental_strategy='append', unique_key=['customer_id', 'cohort_kind']) }}

{%- set touched = ref('int_cohort_customers__touched') -%}
{#- Named so that it is made first: it reads what this run is about to forget. -#}
{%- set former = ref('int_cohorts__let_go') -%}
with purchases as (
    select * from {{ customers_to_redo(ref('int_customer_purchases__summarised'), touched) }}
),

event_days as (
    select * from {{ customers_to_redo(ref('int_customer_event_days__aggregated'), touched) }}
)

select
    customer_id,
    'first_order' as cohort_kind,
    first_order_date as cohort_date
from purchases
where first_order_date is not null

union all

select
    customer_id,
    'sign_up' as cohort_kind,
    {{ local_date('created_at') }} as cohort_date
from {{ customers_to_redo(ref('int_customers__merged'), touched) }}

union all

select
    customer_id,
    'app_install' as cohort_kind,
    min(occurred_date) as cohort_date
from event_days
where event_type = 'app_installed'
group by customer_id

{%- for campaign in var('campaign_cohorts') %}

union all

select
    customer_id,
    {{ sql_string('campaign_' ~ campaign.name) }} as cohort_kind,
    min(activity_date) as cohort_date
from {{ customers_to_redo(ref('int_customer_days__aggregated'), touched) }}
where
    is_occasion
    and activity_date >= cast({{ sql_string(campaign.from_date) }} as date)
    and activity_date < cast({{ sql_string(campaign.before_date) }} as date)
group by customer_id
{%- endfor %}
