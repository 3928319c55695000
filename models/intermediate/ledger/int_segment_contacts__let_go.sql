with moved as (
    select * from {{ ref('int_segment_days__moved') }}
)

{{ ledger_on_moved_days(ref('stg_former_ledger')) }}
