{{ config(materialized="view") }}

{{ segment_members(ref('int_segment_rules__resolved')) }}
