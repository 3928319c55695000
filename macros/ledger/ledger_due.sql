{#- The conditions' days that a run fills, as a SELECT statement over CTE wanted: all, or those that a later run does not
    find in the ledger as they are wanted. is_apart tells there a condition on products of which it holds nothing.
    ledger: relation. passes: from ledger_passes. -#}
{% macro ledger_due(ledger, passes) -%}
{%- set on_products = [] -%}
{%- for pass in passes if pass.uses_products -%}{%- do on_products.extend(pass.ids) -%}{%- endfor -%}
select
    wanted.event_type,
    wanted.condition_id,
    wanted.occurred_date,
    wanted.fingerprint
    {%- if is_incremental() %},
    known.condition_id is null and wanted.condition_id in ({{ sql_strings(on_products or ['']) }}) as is_apart
    {%- endif %}
from wanted
{%- if is_incremental() %}
left join (
    select condition_id, occurred_date, fingerprint from {{ ledger }} where fingerprint is not null
) as filled
    on
        wanted.condition_id = filled.condition_id
        and wanted.occurred_date = filled.occurred_date
        and wanted.fingerprint = filled.fingerprint
left join (select distinct condition_id from {{ ledger }} where fingerprint is not null) as known
    on wanted.condition_id = known.condition_id
where filled.condition_id is null
{%- endif %}
{%- endmacro %}

{#- What a later run adds to the ledger, as CTEs that end in due_facts: the facts of contacts' days that changed, and all
    facts of days that are due as a whole (CTE due). is_touched tells the former. A condition on products is filled anew
    with each change of products, and each night where it looks back from D: all its days, for itself alone. Such facts
    stand apart, for ledger_facts_apart to read: among those that all passes read they would be read by all.

    touched: relation of int_segment_contact_days__touched. facts: from segment_facts, of the days in CTE open_days. -#}
{% macro ledger_due_facts(touched, facts) -%}
touched as (
    select
        contact_id as touched_contact_id,
        event_type,
        occurred_date
    from {{ touched }}
),

due_days as (
    select distinct
        event_type,
        occurred_date
    from due
    where not is_apart
),

open_days as (
    select
        event_type,
        occurred_date
    from due_days

    union

    select
        event_type,
        occurred_date
    from touched
),

days_apart as (
    select
        due.event_type,
        due.occurred_date,
        due.condition_id
    from due
    left join due_days on due.event_type = due_days.event_type and due.occurred_date = due_days.occurred_date
    where due.is_apart and due_days.event_type is null
),

open_facts as (
    {{ facts | indent }}
),

due_facts as (
    select
        open_facts.*,
        touched.touched_contact_id is not null as is_touched
    from open_facts
    left join touched
        on
            open_facts.contact_id = touched.touched_contact_id
            and open_facts.event_type = touched.event_type
            and open_facts.occurred_date = touched.occurred_date
    left join due_days
        on
            open_facts.event_type = due_days.event_type
            and open_facts.occurred_date = due_days.occurred_date
    where touched.touched_contact_id is not null or due_days.event_type is not null
)
{%- endmacro %}

{#- The facts of a pass with conditions on products in a later run, as a FROM item: due_facts, and those that stand apart.
    Mostly none does: the join to no day then leaves the facts unread.
    one: a pass of ledger_passes. -#}
{% macro ledger_facts_apart(one) -%}
(
        select due_facts.* from due_facts

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

{#- What a pass reads its facts from, as a FROM item. one: a pass of ledger_passes. every: relation of all facts. -#}
{% macro ledger_pass_facts(one, every) -%}
  {%- if not is_incremental() -%}{{- return(every) -}}{%- endif -%}
  {{- return(ledger_facts_apart(one) if one.uses_products else 'due_facts') -}}
{%- endmacro %}
