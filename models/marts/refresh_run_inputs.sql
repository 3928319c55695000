with logged as (
    select * from {{ ref('stg_refresh_run_inputs') }}
)

select
    run_id,
    source,
    delivered_rows,
    accepted_rows,
    rejected_rows
from logged
