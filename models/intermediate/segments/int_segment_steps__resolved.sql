{{ config(materialized='view') }}

{%- set catalogue = segment_catalogue() if execute else {'segments': [], 'leaves': {}} -%}
{%- set steps = segment_outputs(catalogue).steps if execute else {} %}
with leaves as (
    select * from {{ ref('int_segment_leaves__evaluated') }}
),

rules as (
    select * from {{ ref('int_segment_rules__resolved') }}
)

select
    leaves.customer_id{{ ',' if steps }}
    {{ segment_step_columns(steps, catalogue.leaves) }}
from leaves
inner join rules on leaves.customer_id = rules.customer_id
