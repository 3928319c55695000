{{ config(materialized='view') }}

{%- set leaves = (segment_catalogue() if execute else {}).get('leaves', {}) %}
with measured as (
    select * from {{ ref('int_segment_leaves__measured') }}
),

described as (
    select * from {{ ref('int_segment_leaves__described') }}
),

renewed as (
    select * from {{ ref('int_segment_leaves__renewed') }}
)

select
    {%- for name in segment_leaves_on(leaves, 'measures').keys() | sort %}
    measured.{{ name }},
    {%- endfor %}
    {%- for name in segment_leaves_on(leaves, 'attributes').keys() | sort %}
    described.{{ name }},
    {%- endfor %}
    {%- for name in segment_leaves_on(leaves, 'others').keys() | sort %}
    renewed.{{ name }},
    {%- endfor %}
    renewed.customer_id
from renewed
inner join measured on renewed.customer_id = measured.customer_id
inner join described on renewed.customer_id = described.customer_id
