{%- set names = segments_by_priority(segment_catalogue().segments) if execute else [] -%}
with rules as (
    select * from {{ ref('int_segment_rules__resolved') }}
),

chosen as (
    select
        rules.customer_id,
        -- The first that holds wins: lowest priority number, then name.
        {%- if names %}
        case
            {%- for name in names %}
            when rules.in_{{ name }} then {{ sql_string(name) }}
            {%- endfor %}
        end as primary_segment
        {%- else %}
        cast(null as string) as primary_segment
        {%- endif %}
    from rules
)

select
    chosen.customer_id,
    cast(chosen.primary_segment as string) as primary_segment
from chosen
where chosen.primary_segment is not null
