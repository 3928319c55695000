{#- Conditions on events: fill a ledger of each event condition, take each measure from it, evaluate. -#}
{% macro backfill_measure_leaves(catalogue, leaves) %}
  {%- set chosen = leaves | selectattr('source', 'equalto', 'measures') | list -%}
  {%- set names, windows = [], {} -%}
  {%- for leaf in chosen -%}{%- do names.extend(leaf.names) -%}{%- endfor -%}
  {%- for condition in catalogue.conditions.keys() | sort -%}
    {%- set measures = [] -%}
    {%- for name in names | unique | sort if catalogue.measures[name].condition == condition -%}{%- do measures.append(name) -%}{%- endfor -%}
    {%- if measures -%}
      {%- do backfill_create('ledger', backfill_ledger(catalogue, condition)) -%}
      {%- for name in measures -%}
        {%- set one = catalogue.measures[name] -%}
        {%- set window = [one.from_date or '', one.before_date] | string -%}
        {%- if window not in windows -%}
          {%- do windows.update({window: 'window_' ~ windows | length}) -%}
          {%- do backfill_create(windows[window], backfill_window_days(one.from_date, one.before_date)) -%}
        {%- endif -%}
        {%- do backfill_create(name, backfill_measure(one, backfill_table(windows[window]))) -%}
      {%- endfor -%}
      {%- do run_query('drop table ' ~ backfill_table('ledger')) -%}
      {%- for leaf in chosen if leaf.names | length == 1 and leaf.names[0] in measures -%}
        {%- set source = '(select customer_no, from_date, to_date, value as ' ~ leaf.names[0] ~ ' from ' ~ backfill_table(leaf.names[0]) ~ ')' -%}
        {%- do backfill_off_spans(leaf, source, 'measures') -%}
      {%- endfor -%}
    {%- endif -%}
  {%- endfor -%}
  {%- for leaf in chosen if leaf.names | length > 1 -%}
    {%- do backfill_create('joined', backfill_joined_measures(leaf.names, catalogue.measures)) -%}
    {%- do backfill_off_spans(leaf, backfill_table('joined'), 'measures') -%}
    {%- do run_query('drop table ' ~ backfill_table('joined')) -%}
  {%- endfor -%}
{% endmacro %}

{#- What a condition counts of each unit, day by day, over all days. condition: its id. -#}
{% macro backfill_ledger(catalogue, condition) %}
    {%- set one = catalogue.conditions[condition] %}
    {%- set pass = {'event': one.event, 'uses_products': one.uses_products} %}
    {%- set amount = 'try_cast(' ~ one.amount ~ ' as decimal(28, 10))' if one.amount else 'null' %}
    with products as (
        select * from {{ ref('stg_products') }}
    ),

    facts as (
        select
            facts.*
            {{- ledger_looked_up_columns(pass, catalogue.properties) }}
        from {{ ref('int_segment_facts__united') }} as facts{{ ledger_product_join(pass) }}
        where facts.event_type = {{ sql_string(one.event) }} and facts.occurred_date < (select max(as_of_date) from {{ backfill_table('calendar') }})
    ),

    counted as (
        select
            facts.contact_id,
            facts.occurred_date,
            {{ one.detail or 'cast(null as string)' }} as detail_value,
            {{ 'facts.occurred_at' if one.is_stepped else 'cast(null as timestamp)' }} as detail_at,
            count(*) as events,
            {%- if one.amount %}
            count({{ amount }}) as known_values,
            sum({{ amount }}) as total,
            min({{ amount }}) as smallest,
            max({{ amount }}) as largest
            {%- else %}
            0 as known_values, null as total, null as smallest, null as largest
            {%- endif %}
        from facts
        where {{ one.sql }}
        group by facts.contact_id, facts.occurred_date{{ ', ' ~ one.detail if one.detail }}{{ ', facts.occurred_at' if one.is_stepped }}
    )

    select
        units.unit_no,
        units.customer_no,
        units.from_date,
        units.to_date,
        counted.*
    from counted
    inner join {{ backfill_table('unit_contacts') }} as units on counted.contact_id = units.contact_id
{% endmacro %}

{#- The value of a measure over time: customer_no, from_date, to_date, value, never NULL.
    measure: from segment_catalogue. window: table of backfill_window_days. -#}
{% macro backfill_measure(measure, window) %}
    {%- set type = ledger_value_types()[measure.kind] %}
    with facts as (
        select
            ledger.*,
            window_days.enters_date,
            window_days.leaves_date,
            greatest(window_days.enters_date, ledger.from_date) as begins_date,
            least(window_days.leaves_date, ledger.to_date) as ends_date
        from {{ backfill_table('ledger') }} as ledger
        inner join {{ window }} as window_days on ledger.occurred_date = window_days.occurred_date
        where greatest(window_days.enters_date, ledger.from_date) < least(window_days.leaves_date, ledger.to_date)
    ),

    {% if measure.aggregate in ('count', 'sum', 'avg') %}{{ backfill_additive(measure.aggregate) }}
    {%- elif measure.aggregate == 'distinct' %}{{ backfill_distinct() }}
    {%- elif measure.aggregate in ('min', 'max') %}{{ backfill_extreme(measure) }}
    {%- else %}{{ backfill_ordered(measure) }}
    {%- endif %}

    select
        customer_no,
        from_date,
        to_date,
        cast(value as {{ type }}) as value
    from valued
    where value is not null and from_date < to_date
{% endmacro %}

{#- Several measures of a condition beside one another: customer_no, from_date, to_date and a column for each. A date
    is carried as its number of days, so that all of them are running sums. names, measures: from segment_catalogue. -#}
{% macro backfill_joined_measures(names, measures) %}
    {%- set origin = "cast('2000-01-01' as date)" %}
    with steps as (
        {%- for name in names %}
        {%- set value = 'value' if measures[name].kind == 'count' else days_between(origin, 'value') %}
        {%- for date, sign in [('from_date', 1), ('to_date', -1)] %}
        select {{ names.index(name) }} as part, customer_no, {{ date }} as step_date, {{ sign }} * {{ value }} as value, {{ sign }} as known
        from {{ backfill_table(name) }}
        union all
        {%- endfor %}
        {%- endfor %}
        select 0 as part, 0 as customer_no, cast(null as date) as step_date, 0 as value, 0 as known where 1 = 0
    ),

    summed as (
        select
            {%- for name in names %}
            sum(case when part = {{ loop.index0 }} then value else 0 end) as value_{{ loop.index0 }},
            sum(case when part = {{ loop.index0 }} then known else 0 end) as known_{{ loop.index0 }},
            {%- endfor %}
            customer_no,
            step_date
        from steps
        where step_date < {{ backfill_end() }}
        group by customer_no, step_date
    )

    select
        {%- for name in names %}
        {%- set value = 'cast(sum(value_' ~ loop.index0 ~ ') over dated as int)' %}
        case when sum(known_{{ loop.index0 }}) over dated > 0 then {{ value if measures[name].kind == 'count'
            else 'cast(' ~ dbt.dateadd('day', value, origin) ~ ' as date)' }} end as {{ name }},
        {%- endfor %}
        customer_no,
        step_date as from_date,
        coalesce(lead(step_date) over (partition by customer_no order by step_date nulls last), {{ backfill_end() }}) as to_date
    from summed
    window dated as (partition by customer_no order by step_date nulls last
            rows between unbounded preceding and current row)
{% endmacro %}
