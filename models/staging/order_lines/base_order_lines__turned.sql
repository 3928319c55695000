{{ config(materialized='table') }}

{{ turned_rows('order_lines', 'order_line_id', {
    'id': 'order_id', 'orphan_code': 'unknown_order', 'typed': ref('base_orders__typed'), 'accepted': ref('stg_orders'),
}) }}
