select
    cast(run_id as string) as run_id,
    cast(source as string) as source,
    cast(delivered_rows as bigint) as delivered_rows,
    cast(accepted_rows as bigint) as accepted_rows,
    cast(rejected_rows as bigint) as rejected_rows
from {{ source('checks', 'refresh_run_inputs') }}
