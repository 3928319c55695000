{%- set catalogue = segment_catalogue() if execute else {'segments': [], 'leaves': {}} -%}
{%- set levels = segments_by_level(catalogue.segments) -%}
with leaves as (
    select * from {{ ref('int_segment_leaves__evaluated') }}
)
{%- set names = ['leaves'] -%}
{%- for segments in levels %},

-- {{ 'Segments that refer to no other.' if loop.first else 'Segments that refer to those above.' }}
level_{{ loop.index0 }} as (
    select
        {{ names[-1] }}.*,
        {{ segment_rule_columns(segments, catalogue.leaves) }}
    from {{ names[-1] }}
)
{%- do names.append('level_' ~ loop.index0) -%}
{%- endfor %}

select
    {%- for segment in catalogue.segments %}
    in_{{ segment.segment }},
    {%- endfor %}
    customer_id
from {{ names[-1] }}
