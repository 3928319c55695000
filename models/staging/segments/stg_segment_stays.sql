select
    segment,
    customer_id,
    valid_from_date,
    valid_to_date,
    is_start_known,
    rule_hash,
    entry_cause,
    exit_cause
from {{ table_of_last_run('segment_state', 'int_segment_stays__recorded') }}
