select
    order_id,
    contact_id,
    original_order_id,
    {{ local_date('ordered_at') }} as ordered_date
from {{ ref('base_orders__typed') }}
where row_state in ('added', 'removed')
