{#- How long stays last, as the record knew it at D. Stays that began before the recording are left out: nobody
    knows how long they are. The half-life is Kaplan and Meier's, for most stays have not ended yet. -#}
with segments as (
    select segment from {{ ref('int_segments__declared') }}
),

recorded as (
    select
        segment,
        bool_or(recorded_date = {{ as_of_date() }}) and bool_or(recorded_date < {{ as_of_date() }}) as is_change_known
    from {{ ref('int_segment_days__recorded') }}
    group by segment
),

stays as (
    select
        segment,
        valid_from_date,
        is_start_known,
        case when valid_to_date <= {{ as_of_date() }} then valid_to_date end as valid_to_date
    from {{ ref('int_segment_stays__recorded') }}
    where valid_from_date <= {{ as_of_date() }}
),

changes as (
    select
        segment,
        count(case when valid_from_date = {{ as_of_date() }} and is_start_known then 1 end) as entered,
        count(case when valid_to_date = {{ as_of_date() }} then 1 end) as exited
    from stays
    group by segment
),

lengths as (
    select
        segment,
        {{ days_between('valid_from_date', 'coalesce(valid_to_date, ' ~ as_of_date() ~ ')') }} as stay_days,
        valid_to_date is not null as is_ended
    from stays
    where is_start_known
),

by_length as (
    select
        segment,
        stay_days,
        count(*) as stays,
        count(case when is_ended then 1 end) as ended_stays
    from lengths
    group by
        segment,
        stay_days
),

at_risk as (
    select
        segment,
        stay_days,
        stays,
        ended_stays,
        sum(stays) over (partition by segment order by stay_days desc) as stays_at_risk,
        sum(ended_stays) over (partition by segment order by stay_days nulls last) as ended_so_far,
        sum(ended_stays) over (partition by segment) as ended_in_all
    from by_length
),

-- Logarithm of the share that is still in after so many days; nobody left is a very small one.
survival as (
    select
        *,
        sum(
            case
                when ended_stays < stays_at_risk then ln(1 - cast(ended_stays as double) / nullif(stays_at_risk, 0))
                else -1000
            end
        ) over (partition by segment order by stay_days nulls last) as log_share_left
    from at_risk
),

measured as (
    select
        segment,
        sum(stays) as known_stays,
        sum(ended_stays) as ended_stays,
        -- The middle one, or the mean of the two in the middle.
        min(case when 2 * ended_so_far >= ended_in_all and ended_in_all > 0 then stay_days end) as lower_median_days,
        min(case when 2 * ended_so_far > ended_in_all then stay_days end) as upper_median_days,
        min(case when log_share_left <= ln(0.5) + 0.000000001 then stay_days end) as half_life_days
    from survival
    group by segment
)

select
    segments.segment,
    cast(case when recorded.is_change_known then coalesce(changes.entered, 0) end as bigint) as entered,
    cast(case when recorded.is_change_known then coalesce(changes.exited, 0) end as bigint) as exited,
    cast(coalesce(measured.known_stays, 0) as bigint) as known_stays,
    cast(coalesce(measured.ended_stays, 0) as bigint) as ended_stays,
    cast(measured.half_life_days as int) as half_life_days,
    cast(measured.lower_median_days + measured.upper_median_days as double) / 2 as median_stay_days
from segments
left join recorded on segments.segment = recorded.segment
left join changes on segments.segment = changes.segment
left join measured on segments.segment = measured.segment
