{{ config(materialized='table') }}

{{ arrived_rows('contacts', 'contact_id') }}
