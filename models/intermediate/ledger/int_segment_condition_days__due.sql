{%- set catalogue = segment_catalogue() if execute else {} -%}
with wanted as (
    select * from {{ ref('int_segment_condition_days__wanted') }}
    {%- if not is_continued('int_segment_ledger__filled') %}
    where 1 = 0
    {%- endif %}
),

filled as (
    select * from {{ ref('stg_former_ledger_days') }}
)

{{ ledger_due(ledger_passes(catalogue.get('conditions', {}), ledger_condition_days(catalogue))) }}
