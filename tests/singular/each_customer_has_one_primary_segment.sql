{#- Fails for a customer with two primary segments, and, where a segment with a priority holds everyone
    (customer_id is known), for a customer without one. -#}
{%- set fewest = 1 if execute and segments_have_catch_all() else 0 -%}
with customers as (
    select customer_id from {{ ref('int_customers__enriched') }}
),

primary_memberships as (
    select customer_id
    from {{ ref('segment_memberships') }}
    where is_primary
),

counted as (
    select
        customers.customer_id,
        count(primary_memberships.customer_id) as primary_segments
    from customers
    left join primary_memberships on customers.customer_id = primary_memberships.customer_id
    group by customers.customer_id
)

select *
from counted
where primary_segments not between {{ fewest }} and 1
