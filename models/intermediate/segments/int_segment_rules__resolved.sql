{{ config(materialized='incremental', incremental_strategy='append', unique_key='customer_id') }}

{%- set catalogue = segment_catalogue() if execute else {'segments': [], 'leaves': {}} -%}
{%- set levels = segments_by_level(catalogue.segments) %}
with leaves as (
    select * from {{ customers_to_redo(ref('int_segment_leaves__evaluated'), ref('int_segment_customers__turned')) }}
)
{{- segment_level_ctes('leaves', levels, catalogue) }}

select
    {%- for segment in catalogue.segments %}
    in_{{ segment.segment }},
    {%- endfor %}
    customer_id
from {{ segment_last_level('leaves', levels) }}
