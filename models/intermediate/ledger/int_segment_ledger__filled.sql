{{ config(
    materialized='incremental',
    incremental_strategy='append',
    unique_key=['condition_id', 'occurred_date', 'contact_id', 'detail_value', 'detail_at'],
) }}

{#- Named here because each pass of a build from nothing reads it by itself: shared, it would be held in memory as a whole. -#}
{%- set facts_view = ref('int_segment_facts__united') -%}
{#- Named so that dbt knows what a pass reads its facts apart from. -#}
{%- set every_fact = segment_facts() -%}
{%- set open_facts = ref('int_segment_facts__open') -%}
{%- set days_due = ref('int_segment_condition_days__due') -%}
{#- Named so that it is made first: it reads what this run is about to forget. -#}
{%- set former = ref('int_segment_contacts__let_go') -%}
{%- set touched = ref('int_segment_contact_days__touched') -%}
{%- set catalogue = segment_catalogue() if execute else {} -%}
{%- set conditions = catalogue.get('conditions', {}) -%}
{%- set asked = ledger_asked(catalogue) -%}
{%- set days = ledger_condition_days(catalogue) -%}
{%- set passes = ledger_passes(conditions, days) -%}
with products as (
    select * from {{ ref('stg_products') }}
),

{% if is_incremental() %}
-- What is filled already when this model is run once more is left out.
due as (
    select due.*
    from {{ days_due }} as due
    left join {{ this }} as filled
        on
            due.condition_id = filled.condition_id
            and due.occurred_date = filled.occurred_date
            and due.fingerprint = filled.fingerprint
    where filled.condition_id is null
),

touched as (
    select
        contact_id as touched_contact_id,
        event_type,
        occurred_date
    from {{ touched }}
),

{{ ledger_days_apart(days_due) }},
{% else %}
due as (
    select * from {{ ref('int_segment_condition_days__wanted') }}
),
{% endif %}
{%- for pass in passes %}
facts_{{ loop.index }} as (
    select
        {{ ledger_fact_columns(pass, catalogue.properties) }}
    from {{ ledger_pass_facts(pass, facts_view, open_facts) }} as facts{{ ledger_product_join(pass) }}
    where
        facts.event_type = {{ sql_string(pass.event) }}
        and facts.occurred_date >= cast('{{ pass.first }}' as date)
        and facts.occurred_date < cast('{{ pass.until }}' as date)
),

counted_{{ loop.index }} as (
    select
        facts.contact_id,
        facts.occurred_date,
        {{- '\n        bool_or(facts.is_touched) as is_touched,' if is_incremental() }}
        {{ pass.detail or 'cast(null as string)' }} as detail_value,
        {{ 'facts.occurred_at' if pass.is_stepped else 'cast(null as timestamp)' }} as detail_at
        {{- ledger_counts(pass, conditions, asked, days) }}
    from facts_{{ loop.index }} as facts
    group by
        facts.contact_id,
        facts.occurred_date
        {{- ',\n        ' ~ pass.detail if pass.detail }}
        {{- ',\n        facts.occurred_at' if pass.is_stepped }}
),

met_{{ loop.index }} as (
    select
        contact_id,
        occurred_date,
        detail_value,
        detail_at,
        {{- '\n        is_touched,' if is_incremental() }}
        {{ ledger_exploded_counts(pass, asked) }}
    from counted_{{ loop.index }}
),
{% endfor %}
filled as (
    -- A row without a contact says that the day is filled, even where nobody met the condition.
    select
        event_type,
        condition_id,
        occurred_date,
        fingerprint,
        cast(null as string) as contact_id,
        cast(null as string) as detail_value,
        cast(null as timestamp) as detail_at,
        cast(null as bigint) as events,
        cast(null as bigint) as known_values,
        cast(null as decimal(38, 10)) as total,
        cast(null as decimal(38, 10)) as smallest,
        cast(null as decimal(38, 10)) as largest
    from due
    {%- for pass in passes %}

    union all

    select
        {{ sql_string(pass.event) }} as event_type,
        met.condition_id,
        met.occurred_date,
        null as fingerprint,
        met.contact_id,
        met.detail_value,
        met.detail_at,
        met.events,
        met.known_values,
        met.total,
        met.smallest,
        met.largest
    from met_{{ loop.index }} as met
    {%- if is_incremental() %}
    left join due
        on met.condition_id = due.condition_id
        and met.occurred_date = due.occurred_date
    {%- endif %}
    where met.events > 0{{ ' and (met.is_touched or due.condition_id is not null)' if is_incremental() }}
    {%- endfor %}
)

select
    cast(event_type as string) as event_type,
    cast(condition_id as string) as condition_id,
    cast(occurred_date as date) as occurred_date,
    contact_id,
    detail_value,
    detail_at,
    cast(events as int) as events,
    cast(known_values as int) as known_values,
    cast(total as decimal(38, 10)) as total,
    cast(smallest as decimal(38, 10)) as smallest,
    cast(largest as decimal(38, 10)) as largest,
    cast(fingerprint as string) as fingerprint,
    cast(case when fingerprint is not null then {{ sql_string(invocation_id) }} end as string) as filled_by
from filled
