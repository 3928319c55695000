{#- Fails for a condition that a customer meets twice or neither meets nor fails. Read for three segments of
    the catalogue: all of them times all customers would take longer than the build. -#}
{%- set names = [] -%}
{%- for segment in (segment_catalogue().segments if execute else [])[:3] -%}{%- do names.append(segment.segment) -%}{%- endfor -%}
with explanations as (
    select *
    from {{ ref('segment_explanations') }}
    where segment in ({{ sql_strings(names) }})
),

conditions as (
    select segment
    from {{ ref('segment_conditions') }}
    where condition_kind in ('condition', 'segment') and segment in ({{ sql_strings(names) }})
),

counted as (
    select
        (select count(*) from explanations) as explanations,
        (
            select count(*)
            from (select distinct segment, condition_path, customer_id from explanations) as different
        ) as different_explanations,
        (select count(*) from explanations where is_met is null) as undecided,
        (select count(*) from conditions) * (select count(*) from {{ ref('customers') }}) as expected
)

select *
from counted
where explanations <> expected or different_explanations <> expected or undecided > 0
