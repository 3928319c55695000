{#- Fails for a near miss that is a member, stands twice, or does not fail what it says. Read for three
    segments of the catalogue, for the same reason as explanations_are_one_row_each. -#}
{%- set names = [] -%}
{%- for segment in (segment_catalogue().segments if execute else []) if segment.rule.kind == 'all' -%}
    {%- do names.append(segment.segment) -%}
{%- endfor -%}
with misses as (
    select
        segment,
        customer_id,
        count(*) as parts
    from {{ ref('segment_near_misses') }}
    where segment in ({{ sql_strings(names[:3]) }})
    group by segment, customer_id
),

memberships as (
    select
        segment,
        customer_id
    from {{ ref('segment_memberships') }}
    where segment in ({{ sql_strings(names[:3]) }})
)

select
    misses.segment,
    misses.customer_id
from misses
left join memberships
    on misses.segment = memberships.segment and misses.customer_id = memberships.customer_id
where misses.parts > 1 or memberships.customer_id is not null
