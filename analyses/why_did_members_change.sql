-- Why did customers enter or leave each segment in the last 90 days: did they change, or did we?
-- Read: customer_changed is business. rule_edited and data_corrected are ours and say nothing about customers. Zero in all
-- columns: no history yet (make refresh, make backfill).
with changes as (
    select
        transitions.segment,
        transitions.direction,
        transitions.cause
    from {{ ref('segment_transitions') }} as transitions
    where transitions.transition_date > {{ dbt.dateadd('day', -90, as_of_date()) }}
)

select
    segments.segment,
    count(case when changes.direction = 'entered' and changes.cause = 'customer_changed' then 1 end) as entered,
    count(case when changes.direction = 'exited' and changes.cause = 'customer_changed' then 1 end) as exited,
    count(case when changes.cause = 'threshold_moved' then 1 end) as by_rank_alone,
    count(case when changes.cause in ('rule_edited', 'data_corrected', 'identity_merged') then 1 end) as by_our_doing
from {{ ref('segments') }} as segments
left join changes
    on segments.segment = changes.segment
group by segments.segment
order by segments.segment asc nulls last
