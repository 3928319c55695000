{{ config(materialized='table') }}

{{ arrived_rows('events', 'event_id') }}
