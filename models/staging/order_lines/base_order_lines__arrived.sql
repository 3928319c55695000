{{ config(materialized='table') }}

{{ arrived_rows('order_lines', 'order_line_id') }}
