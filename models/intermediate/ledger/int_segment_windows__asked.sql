{%- set catalogue = segment_catalogue() if execute else {} -%}
{%- set measures = catalogue.get('measures', {}) -%}
with windows (measure_key, condition_id, from_date, before_date) as (
    {{ ledger_window_rows(ledger_event_measures(measures), measures) }}
),

steps (measure_key, condition_id, steps_left, is_not_step, has_same, from_date, before_date) as (
    {{ ledger_step_rows(catalogue.get('sequences', {})) }}
),

asked as (
    select
        measure_key,
        condition_id,
        from_date,
        before_date
    from windows

    union

    select
        measure_key,
        condition_id,
        cast(from_date as date) as from_date,
        cast(before_date as date) as before_date
    from steps
),

filled_by as (
    select
        condition_id,
        min(fingerprint) as fingerprint
    from {{ ref('int_segment_condition_days__wanted') }}
    group by condition_id
)

select
    cast(asked.measure_key as int) as measure_key,
    cast(asked.condition_id as string) as condition_id,
    cast(asked.from_date as date) as from_date,
    cast(asked.before_date as date) as before_date,
    filled_by.fingerprint
from asked
left join filled_by on asked.condition_id = filled_by.condition_id
