select
    event_id,
    contact_id,
    event_type,
    {{ local_date('occurred_at') }} as occurred_date
from {{ ref('base_events__typed') }}
where row_state in ('added', 'removed')
