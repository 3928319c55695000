{{ config(materialized='view') }}

with stays as (
    select * from {{ ref('int_segment_stays__recorded') }}
)

select
    stays.segment,
    stays.customer_id,
    stays.valid_from_date,
    stays.valid_to_date,
    stays.rule_hash,
    stays.is_start_known
from stays
