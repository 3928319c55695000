with windows as (
    select * from {{ ref('int_segment_windows__asked') }}
),

former_windows as (
    select * from {{ ref('stg_former_windows') }}
),

refilled as (
    select distinct windows.condition_id
    from windows
    inner join former_windows on windows.condition_id = former_windows.condition_id
    where windows.fingerprint <> former_windows.fingerprint
)

select
    refilled.condition_id,
    ledger.contact_id
from {{ ref('stg_former_ledger') }} as ledger
inner join refilled on ledger.condition_id = refilled.condition_id
