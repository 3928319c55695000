-- Events of a set of people: visits, campaign messages, and the rest.
create or replace temp macro events_of(people_source) as table
with parts as (
    select * from web_events_of(people_source)
    union all
    select * from mail_events_of(people_source)
    union all
    select * from other_events_of(people_source)
)
select person, bundle_number, step,
    event_code(bundle_number * 8 + step) as event_id,
    contact_code(contact_at(person, aliases, alias_gap_seconds, created_seconds, at_seconds, bundle_number)) as contact_id,
    event_type, moment_text(at_seconds) as occurred_at, channel, campaign_id, message_id, session_id,
    product_id, category, value, properties,
    moment(loaded_seconds(at_seconds, bundle_number * 8 + step)) as loaded_at
from parts;
