{{ config(materialized='incremental', incremental_strategy='append', unique_key='customer_id') }}

{%- set catalogue = segment_catalogue() if execute else {} -%}
{%- set leaves = segment_leaves_on(catalogue.get('leaves', {}), 'measures') -%}
{%- set touched = ref('int_segment_customers__touched') %}
with customers as (
    select customer_id from {{ customers_to_redo(ref('int_customers__enriched'), touched) }}
),

packed as (
    select * from {{ customers_to_redo(ref('int_segment_measures__packed'), touched) }}
),

{{ ledger_measure_ctes('packed', catalogue, segment_measures_of(leaves, catalogue)) }}

select
    customers.customer_id{{ ',' if leaves }}
    {{ segment_leaf_columns(leaves) }}
from customers
{{ segment_leaf_joins(catalogue, ['measures']) }}
