select
    cast(run_id as string) as run_id,
    cast(source as string) as source,
    cast(check_name as string) as check_name,
    cast(severity as string) as severity,
    cast(is_passed as boolean) as is_passed,
    cast(observed_value as string) as observed_value,
    cast(expected_value as string) as expected_value,
    cast(message as string) as message,
    cast(checked_at as timestamp) as checked_at
from {{ source('checks', 'input_check_results') }}
