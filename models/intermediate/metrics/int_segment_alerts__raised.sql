with sizes as (
    select * from {{ ref('int_segment_sizes__checked') }}
),

segments as (
    select * from {{ ref('int_segments__declared') }}
),

stays as (
    select * from {{ ref('int_segment_stays__recorded') }}
),

known as (
    select * from {{ ref('int_rows__known') }}
),

-- What is seen of late of stays: those that went on all the time are only counted. A customer of one of them has no
-- other in the segment, for a stay whose start is not known is the first.
seen as (
    select
        segment,
        customer_id,
        is_start_known and valid_from_date > {{ first_alert_date() }} as is_begun,
        valid_to_date is not null as is_ended
    from stays
    where coalesce(valid_to_date > {{ first_alert_date() }}, true)
),

steady as (
    select
        segment,
        count(*) as customers,
        0 as flapping_customers
    from seen
    where not is_begun and not is_ended
    group by segment
),

-- A customer that came or went often of late stands near an edge of the rule.
changes as (
    select
        segment,
        customer_id,
        count(case when is_begun then 1 end) + count(case when is_ended then 1 end) as changes
    from seen
    where is_begun or is_ended
    group by segment, customer_id
),

counted as (
    select * from steady

    union all

    select
        segment,
        count(*) as customers,
        count(case when changes >= {{ var('segment_alert_flapping_changes') }} then 1 end) as flapping_customers
    from changes
    group by segment
),

unstable as (
    select
        segment,
        cast(sum(customers) as bigint) as customers,
        cast(sum(flapping_customers) as bigint) as flapping_customers
    from counted
    group by segment
)

select
    sizes.segment,
    case when sizes.customers < segments.min_customers then 'too_small' else 'too_large' end as alert,
    cast(sizes.customers as string) || ' customers, ' || sizes.alert || ' allowed' as message
from sizes
inner join segments on sizes.segment = segments.segment
where sizes.alert is not null

union all

select
    segment,
    'flapping' as alert,
    cast(flapping_customers as string) || ' of ' || cast(customers as string) || ' customers came or went at least '
    || '{{ var('segment_alert_flapping_changes') }} times in {{ var('segment_alert_days') }} days' as message
from unstable
where flapping_customers > customers * {{ var('segment_alert_flapping_share') }}

union all

-- Every segment speaks of the same inputs, so the whole catalogue gets one alert.
select
    '(all)' as segment,
    'stale_inputs' as alert,
    'the newest row was loaded on ' || cast({{ local_date('known_at') }} as string) || ', more than '
    || '{{ var('segment_alert_stale_days') }} days before the as-of date' as message
from known
where {{ days_between(local_date('known_at'), as_of_date()) }} > {{ var('segment_alert_stale_days') }}
