with moved as (
    select * from {{ ref('int_segment_days__moved') }}
),

ledger as (
    select * from {{ ref('stg_former_ledger') }}
)

{{ ledger_on_moved_days('ledger') }}
