{{ config(materialized='incremental', incremental_strategy='append', unique_key=['customer_id', 'measure_group']) }}

{%- set catalogue = segment_catalogue() if execute else {} -%}
{%- set measures = catalogue.get('measures', {}) -%}
{%- set groups = ledger_measure_groups(catalogue) -%}
{%- set ledger = ref('int_segment_ledger__filled') -%}
{%- set first_last_values = ref('int_segment_first_last_values__ranked') -%}
{%- set touched = ref('int_segment_measures__touched') -%}
{%- set group_filter = '(select * from identities where measure_group = ' -%}
{%- set events = groups | selectattr('event') | map(attribute='event') | unique | list -%}
with identities as (
    {%- if is_incremental() %}
    select
        identities.contact_id,
        identities.customer_id,
        touched.measure_group
    from {{ ref('int_identities__resolved') }} as identities
    inner join {{ touched }} as touched on identities.customer_id = touched.customer_id
    {%- else %}
    select * from {{ ref('int_identities__resolved') }}
    {%- endif %}
),

sequences as (
    select
        customer_id,
        measure_key,
        cast(1 as bigint) as count_value
    from {{ customers_to_redo(ref('int_segment_sequences__completed'), ledger_touched(touched, 'sequence')) }}
)
{%- for event in events if is_incremental() %},

-- What the groups of an event sum up is looked for once.
ledger_{{ loop.index }} as (
    select
        ledger.contact_id,
        ledger.condition_id,
        ledger.occurred_date,
        ledger.detail_value,
        ledger.events,
        ledger.known_values,
        ledger.total,
        ledger.smallest,
        ledger.largest
    from {{ ledger }} as ledger
    inner join (
        select distinct contact_id
        from identities
        where measure_group in ({{ sql_strings(groups | selectattr('event', 'equalto', event) | map(attribute='name') | list) }})
    ) as redone
        on ledger.contact_id = redone.contact_id
    where ledger.event_type = {{ sql_string(event) }}
)
{%- endfor %}
{%- for group in groups if group.event %},

-- {{ segment_plain(group.name, 200) }}
windows_{{ loop.index }} (measure_key, condition_id, from_date, before_date) as (
    {{ ledger_window_rows(group.measures, measures) }}
),

summed_{{ loop.index }} as (
    select
        redone.customer_id,
        windows.measure_key,
        {{ ledger_typed_aggregate(group.aggregate, group.kind) }} as {{ group.kind }}_value
    from {{ 'ledger_' ~ (events.index(group.event) + 1) if is_incremental() else ledger }} as ledger
    inner join windows_{{ loop.index }} as windows
        on ledger.condition_id = windows.condition_id
    inner join {{ group_filter ~ sql_string(group.name) ~ ')' if is_incremental() else 'identities' }} as redone
        on ledger.contact_id = redone.contact_id
    where
        ledger.occurred_date >= windows.from_date
        and ledger.occurred_date < windows.before_date
        {{- '\n        and ledger.event_type = ' ~ sql_string(group.event) if not is_incremental() }}
    group by
        redone.customer_id,
        windows.measure_key
)
{%- endfor %}
{%- for group in groups if group.event %}

select
    customer_id,
    {{ sql_string(group.name) }} as measure_group,
    {{ ledger_packed_columns(group.kind) }}
from summed_{{ loop.index }}
where {{ group.kind }}_value is not null
group by customer_id

union all
{%- endfor %}
{%- for kind in ['date', 'amount', 'text'] %}

select
    customer_id,
    'first or last {{ kind }}' as measure_group,
    {{ ledger_packed_columns(kind) }}
from {{ customers_to_redo(first_last_values, ledger_touched(touched, 'first or last ' ~ kind)) }}
where {{ kind }}_value is not null
group by customer_id

union all
{%- endfor %}

select
    customer_id,
    'sequence count' as measure_group,
    {{ ledger_packed_columns('count') }}
from sequences
group by customer_id
