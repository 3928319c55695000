{#- Facts are read by day, so that those of days that nobody asks for need not be looked at any further. -#}
{%- set facts = segment_facts('select event_type, occurred_date from open_days') -%}
with touched as (
    select
        contact_id as touched_contact_id,
        event_type,
        occurred_date
    from {{ ref('int_segment_contact_days__touched') }}
),

due_days as (
    select distinct
        event_type,
        occurred_date
    from {{ ref('int_segment_condition_days__due') }}
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

facts as (
    {{ facts | indent }}
)

select
    facts.*,
    touched.touched_contact_id is not null as is_touched
from facts
left join touched
    on
        facts.contact_id = touched.touched_contact_id
        and facts.event_type = touched.event_type
        and facts.occurred_date = touched.occurred_date
left join due_days
    on
        facts.event_type = due_days.event_type
        and facts.occurred_date = due_days.occurred_date
where touched.touched_contact_id is not null or due_days.event_type is not null
