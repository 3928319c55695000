{#- Fails for a condition that a customer meets twice or neither meets nor fails. Read for one segment of the
    catalogue: all of them times all customers would take longer than the build. -#}
{%- set segments = segment_catalogue().segments if execute else [] -%}
{%- set name = sql_string(segments[0].segment if segments else '') -%}
with explanations as (
    select *
    from {{ ref('segment_explanations') }}
    where segment = {{ name }}
),

conditions as (
    select segment
    from {{ ref('segment_conditions') }}
    where condition_kind in ('condition', 'segment') and segment = {{ name }}
),

counted as (
    select
        count(*) as explanations,
        count(distinct condition_path || ' ' || customer_id) as different_explanations,
        count(is_met) as decided_explanations
    from explanations
),

expected as (
    select (select count(*) from conditions) * (select count(*) from {{ ref('customers') }}) as explanations
)

select
    counted.explanations,
    counted.different_explanations,
    counted.decided_explanations
from counted
cross join expected
where
    counted.explanations <> expected.explanations
    or counted.different_explanations <> expected.explanations
    or counted.decided_explanations <> expected.explanations
