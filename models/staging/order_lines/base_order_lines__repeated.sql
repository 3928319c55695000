{{ config(materialized='table') }}

{{ repeated_ids(source('raw', 'order_lines'), 'order_line_id') }}
