{%- set catalogue = segment_catalogue() if execute else {} -%}
{%- set leaves = segment_leaves_on(catalogue.get('leaves', {}), 'others') -%}
with customers as (
    select * from {{ ref('int_customers__enriched') }}
),

packed as (
    select * from {{ ref('int_segment_measures__packed') }}
),

{{ ledger_measure_ctes('packed', catalogue, segment_measures_of(leaves, catalogue)) }},

lists as (
    select * from {{ ref('int_segment_lists__resolved') }}
),

stays as (
    select * from {{ ref('int_segment_stays__known') }}
)

select
    customers.customer_id{{ ',' if leaves }}
    {{ segment_leaf_columns(leaves) }}
from customers
{{ segment_leaf_joins(catalogue, ['measures', 'lists', 'stays']) }}
