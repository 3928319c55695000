{#- What a later run adds to the ledger, as CTEs that end in due_facts: the facts of contacts' days that changed, and all
    facts of days that are due as a whole (CTE due). is_touched tells the former.

    touched: relation of int_segment_contact_days__touched. facts: from segment_facts, of the days in CTE open_days. -#}
{% macro ledger_due_facts(touched, facts) -%}
touched as (
    select
        contact_id as touched_contact_id,
        event_type,
        occurred_date
    from {{ touched }}
),

open_days as (
    select
        event_type,
        occurred_date
    from due

    union

    select
        event_type,
        occurred_date
    from touched
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
    left join (select distinct event_type, occurred_date from due) as due_days
        on
            open_facts.event_type = due_days.event_type
            and open_facts.occurred_date = due_days.occurred_date
    where touched.touched_contact_id is not null or due_days.event_type is not null
)
{%- endmacro %}
