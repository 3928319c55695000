{%- set catalogue = segment_catalogue() if execute else {} -%}
{%- set measures = catalogue.get('measures', {}) -%}
{%- set ledger = ref('int_segment_ledger__filled') -%}
with identities as (
    select * from {{ ref('int_identities__resolved') }}
),

first_last_values as (
    select * from {{ ref('int_segment_first_last_values__ranked') }}
),

sequences as (
    select * from {{ ref('int_segment_sequences__completed') }}
)
{%- for group in ledger_measure_groups(catalogue) %},

-- {{ group.aggregate }} of {{ segment_plain(group.event, 100) }}
windows_{{ loop.index }} (measure_key, measure, condition_id, from_date, before_date) as (
    {{ ledger_window_rows(group.measures, measures) }}
),

summed_{{ loop.index }} as (
    select
        identities.customer_id,
        windows.measure_key,
        {{ ledger_value_columns(group.kind, ledger_aggregate(group.aggregate, group.kind)) }}
    from {{ ledger }} as ledger
    inner join windows_{{ loop.index }} as windows
        on ledger.condition_id = windows.condition_id
    inner join identities
        on ledger.contact_id = identities.contact_id
    where
        ledger.event_type = {{ sql_string(group.event) }}
        and ledger.occurred_date >= windows.from_date
        and ledger.occurred_date < windows.before_date
    group by
        identities.customer_id,
        windows.measure_key
)
{%- endfor %}
{%- for group in ledger_measure_groups(catalogue) %}

select
    summed.customer_id,
    summed.measure_key,
    windows.measure,
    summed.count_value,
    summed.date_value,
    summed.amount_value,
    summed.text_value
from summed_{{ loop.index }} as summed
inner join windows_{{ loop.index }} as windows
    on summed.measure_key = windows.measure_key

union all
{%- endfor %}

select
    customer_id,
    measure_key,
    measure,
    count_value,
    date_value,
    amount_value,
    text_value
from first_last_values

union all

select
    customer_id,
    measure_key,
    measure,
    cast(1 as bigint) as count_value,
    cast(null as date) as date_value,
    cast(null as decimal(38, 10)) as amount_value,
    cast(null as string) as text_value
from sequences
