{{ config(materialized="view") }}

{%- set segments = segment_catalogue(with_rules=false).segments if execute else [] -%}
{%- set names = segments | map(attribute='segment') | list -%}
with rules as (
    select * from {{ ref('int_segment_rules__resolved') }}
)

select
    rules.customer_id,
    {%- if names %}
    {%- set flags = [] %}
    {%- for name in names %}{% do flags.append('rules.in_' ~ name) %}{% endfor %}
    {{ explode_flags(names, flags) }} as segment
from rules
    {%- else %}
    cast(null as string) as segment
from rules
where 1 = 0
    {%- endif %}
