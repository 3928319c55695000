{%- set catalogue = segment_catalogue() if execute else {'segments': [], 'leaves': {}} -%}
{%- set levels = segments_by_level(catalogue.segments) -%}
with leaves as (
    select * from {{ ref('int_segment_leaves__evaluated') }}
),

former as (
    select * from {{ ref('stg_former_rules') }}
)
{%- if not is_continued('int_segment_rules__resolved') %}

select leaves.customer_id
from leaves
inner join former on leaves.customer_id = former.customer_id
where 1 = 0
{%- else %}
{{- segment_level_ctes('leaves', levels, catalogue) }},

present as (
    select * from {{ segment_last_level('leaves', levels) }}
)

select coalesce(present.customer_id, former.customer_id) as customer_id
from present
full outer join former on present.customer_id = former.customer_id
where
    present.customer_id is null
    or former.customer_id is null
    {%- for flag in segment_flags(catalogue.segments) %}
    or present.{{ flag }} <> former.{{ flag }}
    {%- endfor %}
{%- endif %}
