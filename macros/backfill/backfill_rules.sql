{#- Turn the conditions' spans into the spans of members, segment by segment, those first that others refer to.
    segments: compiled, lowest level first. leaves: from backfill_leaves. -#}
{% macro backfill_rules(catalogue, leaves, segments) %}
  {%- set by_name, numbers = {}, {} -%}
  {%- for leaf in leaves -%}{%- do by_name.update({leaf.name: leaf}) -%}{%- endfor -%}
  {%- for segment in segments -%}
    {%- do numbers.update({segment.segment: loop.index}) -%}
    {%- set inside = backfill_nodes(segment.rule) -%}
    {%- do run_query(backfill_rule(segment, catalogue, inside, by_name, numbers)) -%}
  {%- endfor -%}
{% endmacro %}

{#- Whether a rule holds for a customer of whom nothing is known but that it exists. rule: its SQL. inside, by_name: as below. -#}
{% macro backfill_rule_default(rule, inside, by_name) %}
  {%- set defaults = [] -%}
  {%- for name in inside.leaves -%}{%- do defaults.append(('true' if by_name[name].is_met_by_default else 'false') ~ ' as ' ~ name) -%}{%- endfor -%}
  {%- for name in inside.segments -%}{%- do defaults.append('false as in_' ~ name) -%}{%- endfor -%}
  {{- return(run_query('select (\n' ~ rule ~ '\n) as is_member from (select ' ~ defaults | join(', ') ~ ') as leaves').rows[0][0]) -}}
{% endmacro %}

{#- The spans that a rule is made of, as (part, customer_no, from_date, to_date): of its conditions by their numbers, of
    segments by minus theirs, of existing customers 0. is_default: from backfill_rule_default; else the last are not needed. -#}
{% macro backfill_rule_parts(inside, by_name, numbers, is_default) %}
        {%- set leaf_numbers = [] %}
        {%- for name in inside.leaves %}{% do leaf_numbers.append(by_name[name].leaf_no) %}{% endfor %}
        select leaf_no as part, customer_no, from_date, to_date from {{ backfill_table('off_spans') }}
        where leaf_no in ({{ (leaf_numbers or [0]) | join(', ') }})
        {%- for name in inside.segments %}
        union all
        select -{{ numbers[name] }} as part, customer_no, from_date, to_date from {{ backfill_table('member_spans') }}
        where segment_no = {{ numbers[name] }}
        {%- endfor %}
        {%- if is_default %}
        union all
        select 0 as part, customer_no, from_date, to_date from {{ backfill_table('customer_spans') }}
        {%- endif %}
{%- endmacro %}

{#- The insert of one segment's members. inside: from backfill_nodes. by_name: leaves by name. numbers: of the segments before. -#}
{% macro backfill_rule(segment, catalogue, inside, by_name, numbers) %}
    {%- set rule = segment_rule_lines(segment.rule, catalogue.leaves, '            ', '') | join('\n') %}
    {%- set is_default = backfill_rule_default(rule, inside, by_name) %}
    insert into {{ backfill_table('member_spans') }}
    with spans as (
        {{- backfill_rule_parts(inside, by_name, numbers, is_default) }}
    ),

    steps as (
        select part, customer_no, from_date as step_date, 1 as step from spans
        union all
        select part, customer_no, to_date as step_date, -1 as step from spans where to_date < {{ backfill_end() }}
    ),

    summed as (
        select
            {%- for name in inside.leaves %}
            sum(case when part = {{ by_name[name].leaf_no }} then step else 0 end) as {{ name }},
            {%- endfor %}
            {%- for name in inside.segments %}
            sum(case when part = -{{ numbers[name] }} then step else 0 end) as in_{{ name }},
            {%- endfor %}
            sum(case when part = 0 then step else 0 end) as existing,
            customer_no,
            step_date
        from steps
        group by customer_no, step_date
    ),

    states as (
        select
            {%- for name in inside.leaves %}
            sum({{ name }}) over dated {{ '= 0' if by_name[name].is_met_by_default else '> 0' }} as {{ name }},
            {%- endfor %}
            {%- for name in inside.segments %}
            sum(in_{{ name }}) over dated > 0 as in_{{ name }},
            {%- endfor %}
            sum(existing) over dated > 0 as is_existing,
            customer_no,
            step_date
        from summed
        window dated as (partition by customer_no order by step_date nulls last
            rows between unbounded preceding and current row)
    ),

    evaluated as (
        select
            customer_no,
            step_date,
            (
{{ rule }}
            ){{ ' and is_existing' if is_default }} as is_member
        from states
    ),

    compared as (
        select
            *,
            lag(is_member, 1, false) over (partition by customer_no order by step_date nulls last) as was_member
        from evaluated
    ),

    turned as (
        select
            customer_no,
            is_member,
            step_date as from_date,
            coalesce(lead(step_date) over (partition by customer_no order by step_date nulls last), {{ backfill_end() }}) as to_date
        from compared
        where is_member <> was_member
    )

    select
        cast({{ sql_string(segment.segment) }} as string) as segment,
        {{ numbers[segment.segment] }} as segment_no,
        customer_no,
        from_date,
        to_date
    from turned
    where is_member
{% endmacro %}
