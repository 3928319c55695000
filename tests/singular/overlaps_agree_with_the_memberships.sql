-- Fails for an overlap that differs the other way round or is larger than its segment, and for a segment whose overlaps
-- are in all not as many as the other memberships of its members.
with memberships as (
    select
        segment,
        customer_id
    from {{ ref('segment_memberships') }}
),

per_customer as (
    select
        customer_id,
        count(*) as segments
    from memberships
    group by customer_id
),

members as (
    select
        memberships.segment,
        count(*) as customers,
        sum(per_customer.segments - 1) as other_memberships
    from memberships
    inner join per_customer on memberships.customer_id = per_customer.customer_id
    group by memberships.segment
),

shared as (
    select * from {{ ref('segment_overlaps') }}
),

totals as (
    select
        segment,
        sum(shared_customers) as shared_customers,
        max(shared_customers) as largest_overlap
    from shared
    group by segment
),

one_way as (
    select shared.segment
    from shared
    left join shared as turned
        on shared.segment = turned.other_segment and shared.other_segment = turned.segment
    where
        turned.shared_customers is distinct from shared.shared_customers
        or shared.jaccard not between 0 and 1
)

select members.segment
from members
left join totals on members.segment = totals.segment
where
    members.other_memberships <> coalesce(totals.shared_customers, 0)
    or totals.largest_overlap > members.customers

union all

select segment from one_way
