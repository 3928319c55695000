{#- Fails where stays of a customer in a segment overlap or touch, last no day, are open more than once, know a start
    before the segment was recorded, or differ from the memberships that this run recorded. -#}
with history as (
    select
        segment,
        customer_id,
        valid_from_date,
        valid_to_date,
        is_start_known,
        lead(valid_from_date) over (
            partition by segment, customer_id
            order by valid_from_date nulls last
        ) as next_from_date
    from {{ ref('segment_membership_history') }}
),

days as (
    select
        segment,
        min(recorded_date) as first_recorded_date,
        max(recorded_date) as last_recorded_date
    from {{ ref('int_segment_days__recorded') }}
    group by segment
),

broken as (
    select
        history.segment,
        history.customer_id,
        case
            when days.segment is null then 'never recorded'
            when history.valid_to_date <= history.valid_from_date then 'lasts no day'
            when history.next_from_date <= history.valid_to_date then 'overlaps or touches the next'
            when history.next_from_date is not null and history.valid_to_date is null then 'open before the next'
            when history.is_start_known <> (history.valid_from_date > days.first_recorded_date) then 'start'
        end as cause
    from history
    left join days on history.segment = days.segment
),

-- Whose record ends at the as-of date. A build that does not record leaves what a refresh of the same date recorded.
recorded_now as (
    select days.segment
    from days
    inner join {{ ref('int_segments__written') }} as written on days.segment = written.segment
    where days.last_recorded_date = {{ as_of_date() }}
),

current_members as (
    select
        memberships.segment,
        memberships.customer_id
    from {{ ref('segment_memberships') }} as memberships
    inner join recorded_now on memberships.segment = recorded_now.segment
),

open_stays as (
    select
        history.segment,
        history.customer_id
    from history
    inner join recorded_now on history.segment = recorded_now.segment
    where history.valid_to_date is null
)

select
    segment,
    customer_id,
    cause
from broken
where cause is not null

union all

select
    coalesce(current_members.segment, open_stays.segment) as segment,
    coalesce(current_members.customer_id, open_stays.customer_id) as customer_id,
    'differs from the memberships' as cause
from current_members
full outer join open_stays
    on current_members.segment = open_stays.segment and current_members.customer_id = open_stays.customer_id
where current_members.segment is null or open_stays.segment is null
