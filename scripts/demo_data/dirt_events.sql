-- Extra events, each made from the first step of a clean visit or single event of a struck person.
with struck as (
    select * from struck_people('events')
),
copied as (
    select clean.*, struck.kind, struck.reason_code,
        struck.kind in ('exact_duplicate', 'conflicting_duplicate') as is_duplicate,
        90000000000 + clean.person * 16 + kind_number as new_number
    from events_of('struck_events') as clean
    inner join struck
        on clean.person = struck.person
        and clean.bundle_number = clean.person * getvariable('event_slots') + case
            when struck.mail_count > 0 and struck.kind_number % 2 = 1 then getvariable('event_slots') // 2
                + pick(clean.person * 16 + kind_number, 'struck message', struck.mail_count)
            else pick(clean.person * 16 + kind_number, 'struck visit', greatest(1, struck.web_count)) end
    where clean.step = 0
)
select kind, reason_code, person,
    case when is_duplicate then event_id when kind = 'missing_event_id' then case when person % 2 = 0 then '' end
        else event_code(new_number) end as event_id,
    case when kind = 'orphan' then 'c9' || right(cast(10000000 + person % 10000000 as varchar), 7)
        when kind = 'missing_contact_id' then case when person % 2 = 0 then '' end else contact_id end as contact_id,
    case when kind = 'missing_event_type' then case when person % 2 = 0 then '' end else event_type end as event_type,
    case kind when 'unparsable_occurred_at' then broken_time(person)
        when 'empty_occurred_at' then case when person % 2 = 0 then '' end
        when 'future_occurred_at'
            then cast(loaded_at + to_days(cast(1 + pick(person, 'future', 400) as integer)) as varchar)
        else occurred_at end as occurred_at,
    case when kind = 'conflicting_duplicate' then 'unknown' else channel end as channel,
    campaign_id, message_id, session_id, product_id, category, value,
    case when kind = 'broken_properties'
        then choose(person, 'broken JSON', ['{"course":"beginner"', '{course}', '{"path":'])
            else properties end as properties,
    loaded_at + case kind when 'exact_duplicate' then interval 1 day
        when 'conflicting_duplicate' then interval (-2) hour else interval 0 hour end as loaded_at
from copied
