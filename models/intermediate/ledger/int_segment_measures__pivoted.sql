{%- set ledger = ref('int_segment_ledger__filled') -%}
{%- set catalogue = segment_catalogue() if execute else {} -%}
{%- set measures = catalogue.get('measures', {}) -%}
{%- set passes = ledger_measure_passes(catalogue) -%}
with identities as (
    select * from {{ ref('int_identities__resolved') }}
),

first_last_values as (
    select * from {{ ref('int_segment_first_last_values__ranked') }}
),

sequences as (
    select * from {{ ref('int_segment_sequences__completed') }}
),

customers as (
    select distinct customer_id from identities
),
{% for pass in passes %}
sums_{{ loop.index }} as (
    select
        identities.customer_id
        {{- ledger_measure_columns(pass, measures) }}
    from {{ ledger }} as ledger
    inner join identities
        on ledger.contact_id = identities.contact_id
    where
        ledger.event_type = {{ sql_string(pass.event) }}
        and ledger.condition_id in ({{ sql_strings(pass.condition_ids) }})
        and ledger.occurred_date < cast('{{ pass.before_date }}' as date)
    group by identities.customer_id
),
{% endfor %}
first_lasts as (
    select
        found.customer_id
        {{- ledger_found_columns(measures, ['first', 'last']) }}
    from first_last_values as found
    group by found.customer_id
),

completions as (
    select
        found.customer_id
        {{- ledger_found_columns(measures, ['sequence']) }}
    from sequences as found
    group by found.customer_id
)

select
    customers.customer_id
    {%- for pass in passes %}
    {%- set number = loop.index %}
    {%- for name in pass.measures %},
    sums_{{ number }}.{{ name }}
    {%- endfor %}
    {%- endfor %}
    {%- for name in measures.keys() | sort if measures[name].aggregate in ('first', 'last', 'sequence') %},
    {{ 'completions' if measures[name].aggregate == 'sequence' else 'first_lasts' }}.{{ name }}
    {%- endfor %}
from customers
{%- for pass in passes %}
left join sums_{{ loop.index }}
    on customers.customer_id = sums_{{ loop.index }}.customer_id
{%- endfor %}
left join first_lasts
    on customers.customer_id = first_lasts.customer_id
left join completions
    on customers.customer_id = completions.customer_id
