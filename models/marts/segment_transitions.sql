{{ config(materialized='view') }}

with stays as (
    select * from {{ ref('int_segment_stays__recorded') }}
)

select
    segment,
    customer_id,
    valid_from_date as transition_date,
    'entered' as direction,
    entry_cause as cause
from stays
where is_start_known

union all

select
    segment,
    customer_id,
    valid_to_date as transition_date,
    'exited' as direction,
    exit_cause as cause
from stays
where valid_to_date is not null
