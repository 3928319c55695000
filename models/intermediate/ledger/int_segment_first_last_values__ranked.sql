{%- set measures = (segment_catalogue() if execute else {}).get('measures', {}) -%}
with ledger as (
    select * from {{ ref('int_segment_ledger__filled') }}
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
),

windows (measure, condition_id, is_first, kind, from_date, before_date) as (
    {{ ledger_first_last_rows(measures) }}
),

found as (
    select
        identities.customer_id,
        windows.measure,
        windows.is_first,
        ledger.detail_value,
        ledger.detail_at,
        try_cast(case when windows.kind = 'amount' then ledger.detail_value end as decimal(38, 10)) as amount
    from ledger
    inner join windows
        on ledger.condition_id = windows.condition_id
    inner join identities
        on ledger.contact_id = identities.contact_id
    where
        ledger.occurred_date >= cast(windows.from_date as date)
        and ledger.occurred_date < cast(windows.before_date as date)
),

ranked as (
    select
        customer_id,
        measure,
        detail_value,
        is_first,
        row_number() over (
            partition by customer_id, measure
            order by detail_at asc nulls last, amount asc nulls last, detail_value asc nulls last
        ) as place_from_start,
        row_number() over (
            partition by customer_id, measure
            order by detail_at desc nulls last, amount desc nulls last, detail_value desc nulls last
        ) as place_from_end
    from found
)

select
    cast(customer_id as string) as customer_id,
    cast(measure as string) as measure,
    cast(detail_value as string) as found_value
from ranked
where (is_first and place_from_start = 1) or (not is_first and place_from_end = 1)
