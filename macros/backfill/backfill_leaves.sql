{#- Keep when a condition's result is not its default one.

    leaf: from backfill_leaves. source: a relation with customer_no, from_date, to_date and what the condition
    asks for. alias: customers or measures. -#}
{% macro backfill_off_spans(leaf, source, alias) %}
  {%- set differs = '(' ~ ('not ' if leaf.is_met_by_default else '') ~ '(' ~ leaf.sql ~ '))' -%}
  {%- if not leaf.value -%}
    {%- do run_query('insert into ' ~ backfill_table('off_spans') ~ ' select ' ~ leaf.leaf_no ~ ', customer_no, from_date, to_date from ' ~ source ~ ' as ' ~ alias
        ~ ' where ' ~ differs) -%}
    {{- return('') -}}
  {%- endif -%}
  {#- The result depends on one value and the date: evaluated for each value that occurs, on every date. -#}
  {%- set query %}
    insert into {{ backfill_table('off_spans') }}
    with found as (
        select distinct {{ leaf.value }} as value from {{ source }} as {{ alias }}
    ),

    evaluated as (
        select
            spans.value,
            calendar.as_of_date,
            {{ backfill_dated(differs) }} as differs
        from found as spans
        cross join {{ backfill_table('calendar') }} as calendar
    ),

    compared as (
        select
            *,
            lag(differs, 1, false) over (partition by value order by as_of_date nulls last) as differed
        from evaluated
    ),

    turned as (
        select
            value,
            differs,
            as_of_date as from_date,
            coalesce(lead(as_of_date) over (partition by value order by as_of_date nulls last), {{ backfill_end() }}) as to_date
        from compared
        where differs <> differed
    )

    select
        {{ leaf.leaf_no }},
        {{ alias }}.customer_no,
        greatest({{ alias }}.from_date, turned.from_date),
        least({{ alias }}.to_date, turned.to_date)
    from {{ source }} as {{ alias }}
    inner join turned
        on {{ leaf.value }} is not distinct from turned.value
        and {{ alias }}.from_date < turned.to_date and turned.from_date < {{ alias }}.to_date
    where turned.differs
  {% endset -%}
  {%- do run_query(query) -%}
{% endmacro %}

{#- Conditions on what a customer is. -#}
{% macro backfill_attribute_leaves(leaves) %}
  {%- for leaf in leaves if leaf.source == 'attributes' -%}{%- do backfill_off_spans(leaf, backfill_table('customer_spans'), 'customers') -%}{%- endfor -%}
{% endmacro %}

{#- Conditions on static lists: a contact of the customer stands in one. -#}
{% macro backfill_list_leaves(leaves) %}
  {%- set rows = [] -%}
  {%- for name, contact_id in segment_list_rows() -%}{%- do rows.append({'list': name, 'contact_id': contact_id}) -%}{%- endfor -%}
  {%- for leaf in leaves if leaf.source == 'lists' -%}
    {%- set query %}
    insert into {{ backfill_table('off_spans') }}
    with given (list, contact_id) as (
        {{ value_rows(rows, ['list', 'contact_id']) }}
    ),

    listed as (
        select contact_id from {{ ref('segment_lists') }} where list = {{ sql_string(leaf.names[0]) }}
        union
        select contact_id from given where list = {{ sql_string(leaf.names[0]) }}
    )

    select distinct {{ leaf.leaf_no }}, units.customer_no, units.from_date, units.to_date
    from {{ backfill_table('unit_contacts') }} as units
    inner join listed on units.contact_id = listed.contact_id
    {% endset -%}
    {%- do run_query(query) -%}
  {%- endfor -%}
{% endmacro %}
