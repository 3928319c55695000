{{ config(materialized='view') }}

select *
from {{ ref('stg_contacts') }}
where
    created_date < {{ as_of_date() }}
    and (deleted_at is null or {{ local_date('deleted_at') }} >= {{ as_of_date() }})
