-- Fails where customers.primary_segment and the memberships tell two stories.
with customers as (
    select
        customer_id,
        primary_segment
    from {{ ref('customers') }}
),

primary_memberships as (
    select
        customer_id,
        segment
    from {{ ref('segment_memberships') }}
    where is_primary
)

select
    customers.customer_id,
    customers.primary_segment,
    primary_memberships.segment
from customers
left join primary_memberships on customers.customer_id = primary_memberships.customer_id
where customers.primary_segment is distinct from primary_memberships.segment
