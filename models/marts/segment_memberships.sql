with members as (
    select * from {{ ref('int_segment_members__listed') }}
)

select
    members.segment,
    members.customer_id,
    members.is_primary,
    members.is_reachable,
    members.in_holdout,
    cast(null as date) as member_since_date
from members
