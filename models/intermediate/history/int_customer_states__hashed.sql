{{ config(materialized='view') }}

{%- set ranks = ranked_customer_columns() -%}
with customers as (
    select * from {{ ref('int_customers__enriched') }}
)

select
    customer_id,
    {{ columns_hash(['last_order_date', 'frequency', 'monetary', 'engagement_frequency']) }} as facts_hash,
    {{ columns_hash(ranks) }} as ranks_hash
from customers
