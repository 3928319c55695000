{{ config(materialized='incremental', incremental_strategy='append', unique_key=['customer_id', 'measure_key', 'measure']) }}

{%- set measures = (segment_catalogue() if execute else {}).get('measures', {}) -%}
{%- set touched = ledger_touched(ref('int_segment_measures__touched'), 'first or last') -%}
with ledger as (
    select * from {{ ref('int_segment_ledger__filled') }}
),

identities as (
    select * from {{ customers_to_redo(ref('int_identities__resolved'), touched) }}
),

windows (measure_key, condition_id, from_date, before_date) as (
    {{ ledger_window_rows(ledger_measures_of(measures, ['first', 'last']), measures) }}
),

directions (measure_key, measure, is_first, kind) as (
    {{ ledger_direction_rows(measures) }}
),

found as (
    select
        identities.customer_id,
        windows.measure_key,
        directions.measure,
        directions.is_first,
        directions.kind,
        ledger.detail_at,
        ledger.detail_value,
        try_cast(case when directions.kind = 'amount' then ledger.detail_value end as decimal(38, 10)) as amount
    from ledger
    inner join windows
        on ledger.condition_id = windows.condition_id
    inner join directions
        on windows.measure_key = directions.measure_key
    inner join identities
        on ledger.contact_id = identities.contact_id
    where
        ledger.occurred_date >= windows.from_date
        and ledger.occurred_date < windows.before_date
),

-- Of events at one time the first has the smallest known value and the last the largest.
ranked as (
    select
        *,
        row_number() over (
            partition by customer_id, measure_key
            order by detail_at asc nulls last, amount asc nulls last, detail_value asc nulls last
        ) as place_from_start,
        row_number() over (
            partition by customer_id, measure_key
            order by detail_at desc nulls last, amount desc nulls last, detail_value desc nulls last
        ) as place_from_end
    from found
)

select
    cast(customer_id as string) as customer_id,
    cast(measure_key as int) as measure_key,
    cast(measure as string) as measure,
    cast(case when kind = 'date' then try_cast(detail_value as date) end as date) as date_value,
    cast(amount as decimal(38, 10)) as amount_value,
    cast(case when kind = 'text' then detail_value end as string) as text_value
from ranked
where (is_first and place_from_start = 1) or (not is_first and place_from_end = 1)
