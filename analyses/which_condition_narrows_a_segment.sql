-- Which one condition of each segment leaves the fewest customers over?
-- Read: dropped_share is of those who passed all conditions before it. To make a segment larger, relax this one first; a
-- condition that drops nobody can go.
with steps as (
    select
        segment,
        step_number,
        condition_text,
        customers_left,
        customers_dropped,
        {{ share_of('customers_dropped', 'customers_left + customers_dropped') }} as dropped_share
    from {{ ref('segment_waterfalls') }}
    where step_number > 0
),

ranked as (
    select
        segment,
        step_number,
        condition_text,
        customers_left,
        customers_dropped,
        dropped_share,
        row_number() over (partition by segment order by dropped_share desc nulls last, step_number asc nulls last) as place
    from steps
)

select
    segment,
    step_number,
    condition_text,
    customers_left,
    customers_dropped,
    dropped_share
from ranked
where place = 1
order by dropped_share desc nulls last, segment asc nulls last
