{%- set catalogue = segment_catalogue() if execute else {'segments': [], 'leaves': {}} -%}
with leaves as (
    select * from {{ ref('int_segment_leaves__evaluated') }}
)

select
    leaves.customer_id{{ ',' if catalogue.segments }}
    {{ segment_rule_columns(catalogue.segments, catalogue.leaves) }}
from leaves
