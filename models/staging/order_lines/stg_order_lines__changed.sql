select
    order_line_id,
    order_id
from {{ ref('base_order_lines__typed') }}
where row_state in ('added', 'removed')
