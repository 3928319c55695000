-- Weekly campaigns: sent, delivered, opened, clicked; the last message of those who leave brings "unsubscribed".
create or replace temp macro mail_events_of(people_source) as table
with messages as (
    select *, person * getvariable('event_slots') + getvariable('event_slots') // 2 + message as bundle_number,
        -- evenly spread over the weeks, so that nobody gets one campaign twice
        message * (week_to - week_from + 1) // mail_count as first_week,
        (message + 1) * (week_to - week_from + 1) // mail_count as next_week,
        case when is_unsubscribed and message = mail_count - 1 then week_to
            else week_from + first_week + pick(bundle_number, 'week', next_week - first_week) end as week
    from (select *, cast(unnest(range(mail_count)) as bigint) as message from query_table(people_source))
),
funnel as (
    select *,
        -- one day in each week of the history, from 08:00 for two hours
        (week * 7 + 1) * 86400 + 28800 + pick(bundle_number, 'queue', 7200) as sent_seconds,
        case when is_unsubscribed and message = mail_count - 1 then 5
            when draw(bundle_number, 'delivered') >= 0.97 then 1
            when draw(bundle_number, 'opened') >= engagement * 0.8 then 2
            when draw(bundle_number, 'clicked') >= engagement * 0.45 then 3
            else 4 end as step_count,
        choose(bundle_number, 'link', ['offer', 'product', 'course', 'blog']) as link,
        -- people mostly look at what fits them
        choose(case when draw(bundle_number, 'own size') < 0.85 then person else bundle_number end, 'size',
            ['S', 'M', 'M', 'L', 'L', 'XL']) as size,
        cast(floor(-14400 * ln(1 - 0.999 * draw(bundle_number, 'open delay'))) as bigint) as open_delay_seconds
    from messages
),
steps as (
    select *, cast(unnest(range(step_count)) as bigint) as step,
        sent_seconds + list_extract([0, 3 + open_delay_seconds % 50, 60 + open_delay_seconds,
            75 + open_delay_seconds + open_delay_seconds % 120, 240 + open_delay_seconds + open_delay_seconds % 400], 1 + step) as at_seconds
    from funnel
)
select person, bundle_number, step, aliases, alias_gap_seconds, created_seconds, at_seconds,
    list_extract(['email_sent', 'email_delivered', 'email_opened', 'email_clicked',
        'unsubscribed'], 1 + step) as event_type,
    'email' as channel,
    'camp_' || right(cast(10000 + week as varchar), 4) as campaign_id,
    'm' || bundle_number as message_id,
    cast(null as varchar) as session_id,
    cast(null as varchar) as product_id,
    cast(null as varchar) as category,
    cast(null as decimal(18, 2)) as value,
    case when step = 3 then '{"link":"' || link || case when link = 'product'
        then '","size":"' || size else '' end || '"}' end as properties
from steps
where at_seconds < getvariable('days') * 86400;
