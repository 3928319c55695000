{#- The conditions' days that a later run fills, as a SELECT statement over CTEs wanted and filled: those that the ledger does not
    hold as they are wanted. is_apart tells a condition on products of which it holds nothing.
    passes: from ledger_passes. -#}
{% macro ledger_due(passes) -%}
{%- set on_products = [] -%}
{%- for pass in passes if pass.uses_products -%}{%- do on_products.extend(pass.ids) -%}{%- endfor -%}
select
    wanted.event_type,
    wanted.condition_id,
    wanted.occurred_date,
    wanted.fingerprint,
    held.condition_id is null and wanted.condition_id in ({{ sql_strings(on_products or ['']) }}) as is_apart
from wanted
left join filled
    on
        wanted.condition_id = filled.condition_id
        and wanted.occurred_date = filled.occurred_date
        and wanted.fingerprint = filled.fingerprint
left join (
    select distinct wanted.condition_id
    from wanted
    inner join filled
        on
            wanted.condition_id = filled.condition_id
            and wanted.occurred_date = filled.occurred_date
            and wanted.fingerprint = filled.fingerprint
) as held
    on wanted.condition_id = held.condition_id
where filled.condition_id is null
{%- endmacro %}

{#- CTE days_apart over CTE due: days of conditions that are read by themselves. A condition on products is filled anew with
    each change of products, and each night where it looks back from D: all its days, for itself alone. Among the facts
    that all passes read, its facts would be read by all. days_due: relation of int_segment_condition_days__due, by which
    int_segment_facts__open has read its facts. -#}
{% macro ledger_days_apart(days_due) -%}
due_days as (
    select distinct
        event_type,
        occurred_date
    from {{ days_due }}
    where not is_apart
),

days_apart as (
    select
        due.event_type,
        due.occurred_date,
        due.condition_id
    from due
    left join due_days on due.event_type = due_days.event_type and due.occurred_date = due_days.occurred_date
    where due.is_apart and due_days.event_type is null
)
{%- endmacro %}

{#- The facts of a pass with conditions on products in a later run, as a FROM item: open facts, and those that stand apart.
    Mostly none does: the join to no day then leaves the facts unread.
    one: a pass of ledger_passes. open_facts: relation of int_segment_facts__open. -#}
{% macro ledger_facts_apart(one, open_facts) -%}
(
        select open_facts.* from {{ open_facts }} as open_facts

        union all

        select
            facts_apart.*,
            false as is_touched
        from (
            {{ segment_facts("select event_type, occurred_date from days_apart where condition_id in (" ~ sql_strings(one.ids) ~ ")", one.event) | indent(12) }}
        ) as facts_apart
        left join touched
            on
                facts_apart.contact_id = touched.touched_contact_id
                and facts_apart.event_type = touched.event_type
                and facts_apart.occurred_date = touched.occurred_date
        where touched.touched_contact_id is null
    )
{%- endmacro %}

{#- What a pass reads its facts from, as a FROM item. one: a pass of ledger_passes. every, open_facts: relations of all facts
    and of those that a later run reads. -#}
{% macro ledger_pass_facts(one, every, open_facts) -%}
  {%- if not is_incremental() -%}{{- return(every) -}}{%- endif -%}
  {{- return(ledger_facts_apart(one, open_facts) if one.uses_products else open_facts) -}}
{%- endmacro %}
