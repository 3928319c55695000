with loaded as (
    select max(loaded_at) as loaded_at from {{ ref('stg_contacts') }}
    {%- for table in ['orders', 'order_lines', 'events'] %}

    union all

    -- Of the rows of one id the latest is accepted: none has to be chosen to find the latest of all.
    select max(loaded_at) as loaded_at from {{ ref('base_' ~ table ~ '__typed') }}
    where reason_codes is null and row_state <> 'removed'
    {%- endfor %}
)

select
    {{ as_of_date() }} as as_of_date,
    max(loaded_at) as known_at
from loaded
