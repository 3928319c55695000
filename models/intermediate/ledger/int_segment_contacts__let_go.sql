with moved as (
    select * from {{ ref('int_segment_days__moved') }}
),

ledger as (
    select * from {{ ref('stg_former_ledger') }}
)

select ledger.contact_id
from ledger
inner join moved
    on ledger.condition_id = moved.condition_id and ledger.occurred_date = moved.occurred_date

union

select ledger.contact_id
from ledger
inner join moved on ledger.condition_id = moved.condition_id
where moved.occurred_date is null
