{{ config(materialized='view') }}

{{ segment_facts() }}
