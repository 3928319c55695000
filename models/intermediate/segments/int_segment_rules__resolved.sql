{%- set catalogue = segment_catalogue() if execute else {'segments': [], 'leaves': {}} -%}
{%- set levels = segments_by_level(catalogue.segments) -%}
with leaves as (
    select * from {{ ref('int_segment_leaves__evaluated') }}
)
{%- for segments in levels %},

-- {{ 'Segments that refer to no other.' if loop.first else 'Segments that refer to those above.' }}
level_{{ loop.index0 }} as (
    select
        {{ 'leaves' if loop.first else 'level_' ~ (loop.index0 - 1) }}.*,
        {{ segment_rule_columns(segments, catalogue.leaves) }}
    from {{ 'leaves' if loop.first else 'level_' ~ (loop.index0 - 1) }}
)
{%- endfor %}

select
    customer_id{{ ',' if catalogue.segments }}
    {%- for segment in catalogue.segments %}
    in_{{ segment.segment }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ 'level_' ~ (levels | length - 1) if levels else 'leaves' }}
