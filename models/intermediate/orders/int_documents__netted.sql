{{ config(materialized='view') }}

{{ netted_documents() }}
