{{ config(materialized='table') }}

{{ repeated_ids(source('raw', 'orders'), 'order_id') }}
