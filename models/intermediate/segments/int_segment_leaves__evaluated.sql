{%- set catalogue = segment_catalogue() if execute else {} -%}
{%- set leaves = catalogue.get('leaves', {}) -%}
with customers as (
    select * from {{ ref('int_customers__enriched') }}
),

measures as (
    select * from {{ ref('int_segment_measures__pivoted') }}
),

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
{%- if catalogue.get('measures') %}
left join measures on customers.customer_id = measures.customer_id
{%- endif %}
{%- if catalogue.get('lists') %}
left join lists on customers.customer_id = lists.customer_id
{%- endif %}
{%- if catalogue.get('stays') %}
left join stays on customers.customer_id = stays.customer_id
{%- endif %}
