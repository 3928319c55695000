{{ config(materialized='view') }}

with purchases as (
    select * from {{ ref('int_customer_purchases__summarised') }}
    where frequency > 0
),

engagements as (
    select * from {{ ref('int_customer_engagements__summarised') }}
)

select
    customer_id,
    'orders' as basis,
    first_order_date as first_date,
    last_order_date as last_date,
    frequency,
    monetary,
    repeat_monetary
from purchases

union all

select
    customer_id,
    'engagement' as basis,
    first_engagement_date as first_date,
    last_engagement_date as last_date,
    frequency,
    monetary,
    repeat_monetary
from engagements
