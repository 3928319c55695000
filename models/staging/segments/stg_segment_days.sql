select
    segment,
    recorded_date,
    rule_hash,
    known_at
from {{ table_of_last_run('segment_state', 'int_segment_days__recorded') }}
