select
    segment,
    customer_id,
    valid_from_date,
    valid_to_date,
    is_start_known
from {{ source('segment_state', 'int_segment_stays__recorded') }}
