{%- set sequences = (segment_catalogue() if execute else {}).get('sequences', {}) -%}
{%- set most_steps = ledger_most_steps(sequences) -%}
{%- set touched = ledger_touched(ref('int_segment_measures__touched'), 'sequence') -%}
with ledger as (
    select * from {{ ref('int_segment_ledger__filled') }}
),

identities as (
    select * from {{ customers_to_redo(ref('int_identities__resolved'), touched) }}
),

-- steps_left: steps that follow until the last one; from_date, before_date: the days that count.
steps (measure_key, condition_id, steps_left, is_not_step, has_same, from_date, before_date) as (
    {{ ledger_step_rows(sequences) }}
),

declared (measure_key, sequence, first_steps_left, within_months, within_days) as (
    {{ ledger_sequence_rows(sequences) }}
),

timed as (
    select
        identities.customer_id,
        steps.measure_key,
        steps.steps_left,
        ledger.detail_at,
        case when steps.has_same then ledger.detail_value end as same_value
    from ledger
    inner join steps
        on ledger.condition_id = steps.condition_id
    inner join identities
        on ledger.contact_id = identities.contact_id
    where
        ledger.detail_at is not null
        and ledger.occurred_date >= cast(steps.from_date as date)
        and ledger.occurred_date < cast(steps.before_date as date)
        and (ledger.detail_value is not null or not steps.has_same)
),

started as (
    select distinct
        timed.customer_id,
        timed.measure_key
    from timed
    inner join declared on timed.measure_key = declared.measure_key and timed.steps_left = declared.first_steps_left
),

-- Who never takes the first step needs no further look.
stepped as (
    select timed.*
    from timed
    inner join started on timed.customer_id = started.customer_id and timed.measure_key = started.measure_key
),

-- Events at one time are one row: their order is unknown, so none of them follows another.
moments as (
    select
        customer_id,
        measure_key,
        same_value,
        detail_at,
        {%- for left in range(most_steps) %}
        bool_or(steps_left = {{ left }}) as is_step_{{ left }},
        {%- endfor %}
        max(case when steps_left = -1 then detail_at end) as broken_at
    from stepped
    group by
        customer_id,
        measure_key,
        same_value,
        detail_at
),

-- When the last step, if it is taken here, is followed by what must not follow.
chains_0 as (
    select
        moments.customer_id,
        moments.measure_key,
        moments.same_value,
        moments.detail_at,
        declared.first_steps_left,
        declared.within_months,
        declared.within_days,
        {%- for left in range(1, most_steps) %}
        moments.is_step_{{ left }},
        {%- endfor %}
        case when moments.is_step_0 then moments.detail_at end as completed_at,
        case when moments.is_step_0 then min(moments.broken_at) over later end as broken_at
    from moments
    inner join declared
        on moments.measure_key = declared.measure_key
    window later as (
        partition by moments.customer_id, moments.measure_key, moments.same_value
        order by moments.detail_at asc nulls last
        rows between 1 following and unbounded following
    )
),
{% for left in range(1, most_steps) %}
-- The earliest completion of the steps from here on, if {{ left }} of them are left after this one. What
-- follows an earlier completion follows it no later, so that the smallest broken_at belongs to it.
chains_{{ left }} as (
    select
        customer_id,
        measure_key,
        same_value,
        detail_at,
        first_steps_left,
        within_months,
        within_days,
        {%- for other in range(left + 1, most_steps) %}
        is_step_{{ other }},
        {%- endfor %}
        case
            when first_steps_left < {{ left }} then completed_at
            when is_step_{{ left }} then min(completed_at) over later
        end as completed_at,
        case
            when first_steps_left < {{ left }} then broken_at
            when is_step_{{ left }} then min(broken_at) over later
        end as broken_at
    from chains_{{ left - 1 }}
    window later as (
        partition by customer_id, measure_key, same_value
        order by detail_at asc nulls last
        rows between 1 following and unbounded following
    )
),
{% endfor %}
starts as (
    select
        customer_id,
        measure_key,
        completed_at,
        broken_at,
        {{ timestamp_after('detail_at', 'within_months', 'within_days') }} as ends_at
    from chains_{{ most_steps - 1 }}
    where completed_at is not null
)

select distinct
    cast(starts.customer_id as string) as customer_id,
    cast(starts.measure_key as int) as measure_key,
    cast(declared.sequence as string) as measure
from starts
inner join declared
    on starts.measure_key = declared.measure_key
where
    (starts.ends_at is null or starts.completed_at <= starts.ends_at)
    -- Without an end, what must not follow must never follow.
    and (starts.broken_at is null or starts.broken_at > starts.ends_at)
