with checks as (
    select * from {{ ref('stg_input_check_results') }}
)

select
    run_id,
    source,
    check_name,
    severity,
    is_passed,
    observed_value,
    expected_value,
    message,
    checked_at
from checks
