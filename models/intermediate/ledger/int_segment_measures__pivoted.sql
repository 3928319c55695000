{{ config(materialized='view') }}

{%- set catalogue = segment_catalogue() if execute else {} -%}
{%- set groups = ledger_measure_groups(catalogue) %}
with packed as (
    select * from {{ ref('int_segment_measures__packed') }}
),

grouped as (
    select
        {%- for group in groups %}
        {%- set name = sql_string(group.name) %}
        {{ only_value(group.kind ~ '_values') }} filter (where measure_group = {{ name }}) as values_{{ loop.index }},
        {%- endfor %}
        customer_id
    from packed
    group by customer_id
)

select
    grouped.customer_id
    {{- ledger_measure_columns(groups, catalogue.get('measures', {})) }}
from grouped
