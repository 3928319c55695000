{%- set event_types = ['email_sent', 'email_delivered', 'email_opened', 'email_clicked', 'unsubscribed', 'survey_answered'] -%}
with events as (
    select
        contact_id,
        event_type,
        channel,
        value,
        coalesce('message ' || message_id, 'campaign ' || campaign_id, 'event ' || event_id) as message
    from {{ ref('stg_events') }}
    where
        occurred_date >= {{ metrics_window_start() }}
        and occurred_date < {{ as_of_date() }}
        and {{ is_around_days('occurred_at', metrics_window_start(), as_of_date()) }}
        and event_type in ({{ sql_strings(event_types) }})
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
),

-- What is no message stands beside the messages, under a key of its own.
messages as (
    select
        identities.customer_id,
        case when events.event_type not in ('unsubscribed', 'survey_answered') then events.message end as message,
        bool_or(events.event_type = 'email_sent') as is_sent,
        bool_or(events.event_type = 'email_delivered') as is_delivered,
        bool_or(events.event_type = 'email_opened') as is_opened,
        bool_or(events.event_type = 'email_clicked') as is_clicked,
        bool_or(events.event_type = 'unsubscribed' and coalesce(events.channel, 'email') = 'email') as has_unsubscribed,
        count(case when events.event_type = 'survey_answered' then events.value end) as survey_answers,
        sum(case when events.event_type = 'survey_answered' then events.value end) as survey_total
    from events
    inner join identities on events.contact_id = identities.contact_id
    group by
        identities.customer_id,
        case when events.event_type not in ('unsubscribed', 'survey_answered') then events.message end
),

-- A sender that reports no delivery at all is judged by what was sent.
reported as (
    select coalesce(bool_or(is_delivered), false) as is_delivery_reported
    from messages
),

received as (
    select
        messages.*,
        case when reported.is_delivery_reported then messages.is_delivered else messages.is_sent end as is_received
    from messages
    cross join reported
)

select
    customer_id,
    cast(count(case when is_received then 1 end) as int) as delivered_messages,
    cast(count(case when is_received and is_opened then 1 end) as int) as opened_messages,
    cast(count(case when is_received and is_clicked then 1 end) as int) as clicked_messages,
    cast(sum(survey_answers) as int) as survey_answers,
    cast(coalesce(sum(survey_total), 0) as decimal(36, 4)) as survey_total,
    bool_or(has_unsubscribed) as has_unsubscribed
from received
group by customer_id
