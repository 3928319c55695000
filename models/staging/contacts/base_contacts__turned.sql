{{ config(materialized='table') }}

{{ turned_rows('contacts', 'contact_id') }}
