-- In how many segments is a customer, and how many of them would write to the same one by e-mail?
-- Read: a long tail on the right is pressure: these customers need a rule of who goes first (priority, exclude).
with counted as (
    select
        memberships.customer_id,
        count(*) as segments,
        sum(case when segments.reach = 'email' and memberships.is_reachable and not memberships.in_holdout then 1 else 0 end)
            as mailing_segments
    from {{ ref('segment_memberships') }} as memberships
    inner join {{ ref('segments') }} as segments
        on memberships.segment = segments.segment
    group by memberships.customer_id
)

select
    segments,
    count(*) as customers,
    avg(cast(mailing_segments as double)) as mean_mailing_segments,
    max(mailing_segments) as most_mailing_segments
from counted
group by segments
order by segments asc nulls last
