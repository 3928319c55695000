{%- set conditions = (segment_catalogue() if execute else {}).get('conditions', {}) -%}
with ledger as (
    select * from {{ ref('int_segment_ledger__filled') }}
),

conditions (condition_id, event_type, condition_text) as (
    {{ ledger_condition_words(conditions) }}
),

filled as (
    select
        condition_id,
        count(fingerprint) as filled_days,
        count(*) filter (where filled_by = {{ sql_string(invocation_id) }}) as newly_filled_days,
        min(case when fingerprint is not null then occurred_date end) as first_date,
        max(case when fingerprint is not null then occurred_date end) as last_date,
        count(contact_id) as ledger_rows,
        sum(events) as events
    from ledger
    group by condition_id
)

select
    cast(conditions.condition_id as string) as condition_id,
    cast(conditions.event_type as string) as event_type,
    cast(conditions.condition_text as string) as condition_text,
    cast(coalesce(filled.filled_days, 0) as int) as filled_days,
    cast(coalesce(filled.newly_filled_days, 0) as int) as newly_filled_days,
    cast(filled.first_date as date) as first_date,
    cast(filled.last_date as date) as last_date,
    cast(coalesce(filled.ledger_rows, 0) as bigint) as ledger_rows,
    cast(coalesce(filled.events, 0) as bigint) as events
from conditions
left join filled
    on conditions.condition_id = filled.condition_id
