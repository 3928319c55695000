select
    segment,
    recorded_date,
    rule_hash,
    known_at
from {{ source('segment_state', 'int_segment_days__recorded') }}
