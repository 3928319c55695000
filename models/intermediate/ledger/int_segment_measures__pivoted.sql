{{ config(materialized='view') }}

{%- set catalogue = segment_catalogue() if execute else {} %}
with packed as (
    select * from {{ ref('int_segment_measures__packed') }}
),

{{ ledger_measure_ctes('packed', catalogue, catalogue.get('measures', {}).keys() | list) }}

select * from measures
