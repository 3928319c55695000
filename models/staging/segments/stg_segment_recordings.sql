select
    segment,
    first_recorded_date,
    last_recorded_date
from {{ source('segment_state', 'int_segment_recordings__dated') }}
