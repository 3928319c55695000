{{ config(materialized='incremental', incremental_strategy='append', unique_key='customer_id') }}

{%- set catalogue = segment_catalogue() if execute else {} -%}
{%- set leaves = segment_leaves_on(catalogue.get('leaves', {}), 'attributes') %}
with customers as (
    select * from {{ customers_to_redo(ref('int_customers__enriched'), ref('int_customer_attributes__touched')) }}
)

select
    customers.customer_id{{ ',' if leaves }}
    {{ segment_leaf_columns(leaves) }}
from customers
