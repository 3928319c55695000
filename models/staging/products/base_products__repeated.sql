{{ config(materialized='table') }}

{{ repeated_ids(source('raw', 'products'), 'product_id') }}
