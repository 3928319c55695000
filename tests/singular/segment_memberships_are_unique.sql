-- Fails for a customer listed twice in one segment.
select
    segment,
    customer_id,
    count(*) as listed
from {{ ref('segment_memberships') }}
group by segment, customer_id
having count(*) > 1
