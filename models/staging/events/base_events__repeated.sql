{{ config(materialized='table') }}

{{ repeated_ids(source('raw', 'events'), 'event_id') }}
