{{ config(materialized='view') }}

{%- set leaves = (segment_catalogue() if execute else {}).get('leaves', {}) %}
with measured as (
    select * from {{ ref('int_segment_leaves__measured') }}
),

renewed as (
    select * from {{ ref('int_segment_leaves__renewed') }}
)

select
    {%- for name in segment_measured_leaves(leaves).keys() | sort %}
    measured.{{ name }},
    {%- endfor %}
    {%- for name in segment_renewed_leaves(leaves).keys() | sort %}
    renewed.{{ name }},
    {%- endfor %}
    renewed.customer_id
from renewed
inner join measured on renewed.customer_id = measured.customer_id
