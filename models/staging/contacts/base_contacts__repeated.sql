{{ config(materialized='table') }}

{{ repeated_ids(source('raw', 'contacts'), 'contact_id') }}
