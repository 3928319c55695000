with logged as (
    select * from {{ ref('stg_refresh_runs') }}
)

select
    run_id,
    command,
    started_at,
    ended_at,
    as_of_date,
    known_at,
    outcome,
    exit_code,
    last_step,
    message,
    retries,
    critical_alerts,
    published_rows,
    input_check_seconds,
    build_seconds,
    data_test_seconds,
    publish_seconds,
    total_seconds,
    project_version,
    dbt_version,
    duckdb_version,
    git_commit,
    catalogue_hash
from logged
