{%- set leaves = segment_catalogue().leaves if execute else {} -%}
with customers as (
    select * from {{ ref('int_customers__enriched') }}
)

select
    customers.customer_id{{ ',' if leaves }}
    {{ segment_leaf_columns(leaves) }}
from customers
