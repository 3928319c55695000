{{ config(materialized='table') }}

{{ arrived_rows('orders', 'order_id') }}
