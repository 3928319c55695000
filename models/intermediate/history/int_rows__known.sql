with loaded as (
    select max(loaded_at) as loaded_at from {{ ref('stg_contacts') }}
    union all
    select max(loaded_at) as loaded_at from {{ ref('stg_orders') }}
    union all
    select max(loaded_at) as loaded_at from {{ ref('stg_order_lines') }}
    union all
    select max(loaded_at) as loaded_at from {{ ref('stg_events') }}
)

select
    {{ as_of_date() }} as as_of_date,
    max(loaded_at) as known_at
from loaded
