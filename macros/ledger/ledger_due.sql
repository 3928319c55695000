{#- The conditions' days that a run fills, as a SELECT statement over CTE wanted: all, or those that a later run does not
    find in the ledger as they are wanted; is_new tells there a condition of which it holds nothing. ledger: relation. -#}
{% macro ledger_due(ledger) -%}
select
    wanted.event_type,
    wanted.condition_id,
    wanted.occurred_date,
    wanted.fingerprint
    {{- ',\n    known.condition_id is null as is_new' if is_incremental() }}
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
    facts of days that are due as a whole (CTE due). is_touched tells the former. A condition that the ledger has never
    held asks for all its days, most of them for itself alone: ledger_new_facts reads those.

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
    where not is_new
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

new_days as (
    select
        due.event_type,
        due.occurred_date,
        due.condition_id
    from due
    left join due_days on due.event_type = due_days.event_type and due.occurred_date = due_days.occurred_date
    where due.is_new and due_days.event_type is null
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

{#- The facts of one pass in a later run, as a FROM item: due_facts, and those that conditions which are new to the ledger
    ask for. Mostly none is: the join to no day then leaves the facts unread.
    one: a pass of ledger_passes. -#}
{% macro ledger_pass_facts(one) -%}
(
        select due_facts.* from due_facts

        union all

        select
            new_facts.*,
            false as is_touched
        from (
            {{ segment_facts("select event_type, occurred_date from new_days where condition_id in ('" ~ one.ids | join("', '") ~ "')", one.event) | indent(12) }}
        ) as new_facts
        left join touched
            on
                new_facts.contact_id = touched.touched_contact_id
                and new_facts.event_type = touched.event_type
                and new_facts.occurred_date = touched.occurred_date
        where touched.touched_contact_id is null
    )
{%- endmacro %}
