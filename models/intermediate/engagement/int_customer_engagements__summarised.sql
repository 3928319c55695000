with event_days as (
    select * from {{ ref('int_customer_event_days__aggregated') }}
    where event_type in ({{ sql_strings(text_list_var('engagement_event_types')) }})
),

engaged_days as (
    select
        customer_id,
        occurred_date,
        sum(events) as events
    from event_days
    group by
        customer_id,
        occurred_date
),

summarised as (
    select
        customer_id,
        cast(count(*) as int) as frequency,
        min(occurred_date) as first_engagement_date,
        max(occurred_date) as last_engagement_date,
        sum(events) as events,
        min_by(events, occurred_date) as first_day_events
    from engaged_days
    group by customer_id
)

select
    customer_id,
    first_engagement_date,
    last_engagement_date,
    frequency,
    cast(events as decimal(18, 4)) as monetary,
    cast(
        case when frequency > 1 then cast(events - first_day_events as double) / nullif(frequency - 1, 0) else 0 end
        as decimal(18, 4)
    ) as repeat_monetary
from summarised
