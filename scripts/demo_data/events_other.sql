-- Single events of a person's life with the shop: app, push, SMS, surveys, support, lessons, subscriptions.
create or replace temp macro other_events_of(people_source) as table
with singles as (
    select *, person * getvariable('event_slots') + getvariable('event_slots') // 4 + single as bundle_number,
        slot_from + cast(floor((slot_to - slot_from + 1) * (single + draw(person * 512 + single,
            'other slot')) / other_count) as integer) as slot,
        draw(person, 'student') < 0.15 as is_student,
        -- two students in five go on to the advanced course, halfway through their events
        case when draw(person, 'goes on') < 0.4 and other_count > 3 then (other_count + 1) // 2
            else other_count end as beginner_count
    from (select *, cast(unnest(range(other_count)) as bigint) as single from query_table(people_source))
),
drawn as (
    select *, draw(bundle_number, 'other kind') as kind_draw,
        case when is_student and kind_draw < 0.75 then 'lesson_completed'
            when single = 0 and draw(person, 'app') < 0.4 then 'app_installed'
            when kind_draw < 0.28 then 'push_sent'
            when kind_draw < 0.38 then 'push_opened'
            when kind_draw < 0.60 then 'sms_sent'
            when kind_draw < 0.80 then 'survey_answered'
            when kind_draw < 0.90 then 'support_ticket_opened'
            when kind_draw < 0.96 then 'subscription_started'
            else 'subscription_cancelled' end as event_type,
        choose(bundle_number, 'survey', ['nps', 'delivery', 'city', 'lifestyle']) as survey
    from singles
),
placed as (
    select drawn.*,
        case when single >= beginner_count then 'advanced' else 'beginner' end as course,
        -- a course has five lessons, more for those who take it slowly
        case when single >= beginner_count
            then 100 * (single + 1 - beginner_count) // greatest(5, other_count - beginner_count)
            else 100 * (single + 1) // greatest(5, beginner_count) end as progress,
        greatest(created_seconds + 30 + single % 3600, day_number * 86400 + second_of_day(bundle_number)) as at_seconds
    from drawn
    inner join calendar_slots on drawn.slot = calendar_slots.slot
)
select person, bundle_number, cast(0 as bigint) as step, aliases, alias_gap_seconds, created_seconds, at_seconds, event_type,
    case when event_type in ('push_sent', 'push_opened', 'app_installed')
        then 'push' when event_type = 'sms_sent' then 'sms'
        when event_type = 'support_ticket_opened' then 'phone' else 'web' end as channel,
    case when event_type in ('push_sent', 'push_opened', 'sms_sent')
        then 'camp_' || right(cast(10000 + at_seconds // 604800 as varchar), 4) end as campaign_id,
    case when event_type in ('push_sent', 'push_opened', 'sms_sent') then 'm' || bundle_number end as message_id,
    cast(null as varchar) as session_id,
    case when event_type = 'lesson_completed' then product_code(384 + case when course = 'advanced'
        then 1 else 0 end) end as product_id,
    case when event_type = 'lesson_completed' then 'courses' end as category,
    cast(case when event_type = 'survey_answered' and survey <> 'lifestyle'
        then rating(bundle_number, 'rating')
        when event_type = 'lesson_completed' then progress
        when event_type = 'subscription_started' then 49 end as decimal(18, 2)) as value,
    case event_type
        when 'lesson_completed'
            then '{"course":"' || course || '","lesson":' || (single + 1) || ',"progress":' || progress || '}'
        when 'survey_answered' then '{"survey":"' || survey || case survey
            when 'city' then '","city_rating":' || rating(bundle_number, 'city rating')
            when 'delivery' then '","delivery_rating":' || rating(bundle_number, 'delivery rating')
            when 'lifestyle' then '","interests":["' || leisure_interest(person) || '","'
                || active_interest(person) || '"],"values":["' || guiding_value(person) || '"]'
            else '"' end || '}'
        when 'support_ticket_opened'
            then '{"topic":"' || choose(bundle_number, 'topic', ['delivery', 'refund', 'payment', 'product']) || '"}'
        when 'subscription_started'
            then '{"plan":"' || choose(bundle_number, 'plan', ['Basic', 'Basic', 'Premium']) || '"}'
        when 'subscription_cancelled'
            then '{"reason":"' || choose(bundle_number, 'reason', ['price', 'unused', 'service']) || '"}'
        when 'app_installed' then '{"os":"' || choose(bundle_number, 'os', ['android', 'ios'])
            || '"}' end as properties
from placed;
