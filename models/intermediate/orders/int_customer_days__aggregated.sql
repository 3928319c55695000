{{ config(
    materialized='incremental',
    incremental_strategy='append',
    unique_key=['customer_id', 'activity_date'],
) }}

{#- Named so that it is made first: it reads what this run is about to forget. -#}
{%- set former = ref('int_cohorts__let_go') -%}
with days as (
    select * from {{ ref('int_contact_days__aggregated') }}
),

identities as (
    select * from {{ customers_to_redo(ref('int_identities__resolved'), ref('int_customers__touched')) }}
)

select
    identities.customer_id,
    days.activity_date,
    cast(sum(days.orders) as int) as orders,
    cast(sum(days.net_revenue) as decimal(18, 4)) as net_revenue,
    cast(sum(days.kept_revenue) as decimal(18, 4)) as kept_revenue,
    bool_or(days.is_occasion) as is_occasion
from days
inner join identities
    on days.contact_id = identities.contact_id
group by
    identities.customer_id,
    days.activity_date
