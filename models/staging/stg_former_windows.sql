select
    measure_key,
    condition_id,
    from_date,
    before_date,
    fingerprint
from {{ source('former', 'int_segment_windows__asked') }}
