{{ config(
    materialized='incremental',
    incremental_strategy='append',
    unique_key=['segment', 'customer_id', 'valid_from_date'],
    full_refresh=false,
) }}

select
    segment,
    customer_id,
    valid_from_date,
    valid_to_date,
    is_start_known,
    rule_hash,
    entry_cause,
    exit_cause
from {{ ref('int_segment_stays__changed') }}
