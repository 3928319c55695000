-- Which segments address the same people, so that two campaigns talk to one mailbox?
-- Read: jaccard 1 = the same members. part_of_first near 1 with a low jaccard = the first segment lies within the second one.
with sizes as (
    select
        segment,
        count(*) as customers
    from {{ ref('segment_memberships') }}
    group by segment
)

select
    pairs.segment,
    pairs.other_segment,
    pairs.shared_customers,
    pairs.jaccard,
    {{ share_of('pairs.shared_customers', 'sizes.customers') }} as part_of_first
from {{ ref('segment_overlaps') }} as pairs
inner join sizes
    on pairs.segment = sizes.segment
where pairs.segment < pairs.other_segment and pairs.jaccard >= 0.5
order by pairs.jaccard desc nulls last, pairs.segment asc nulls last, pairs.other_segment asc nulls last
