-- Events: one pass keeps the rows to reject, the rows whose id comes twice and what some mart or segment
-- looks at, each type for as long as it does.
create type wanted_type as enum (
    'email_sent', 'email_delivered', 'email_opened', 'email_clicked', 'session_started', 'product_viewed', 'product_added',
    'survey_answered', 'lesson_completed', 'support_ticket_opened', 'subscription_started', 'subscription_cancelled', 'app_installed'
);

create temp table event_rows as
with raw as (
    select
        * exclude (event_id, contact_id, event_type, occurred_at, properties),
        cleaned_fast(event_id) as event_id,
        cleaned_fast(contact_id) as contact_id,
        cleaned(event_type) as event_type,
        utc_text(cleaned_fast(occurred_at)) as occurred_at,
        cleaned_fast(properties) as properties
    from read_parquet(getvariable('raw_dir') || '/events.parquet')
),

repeated as (
    select hash(cleaned_fast(event_id)) as id_hash
    from read_parquet(getvariable('raw_dir') || '/events.parquet')
    group by id_hash
    having count(*) > 1
),

typed as (
    select
        raw.*,
        try_cast(raw.event_type as wanted_type) as wanted_type,
        try_cast(raw.occurred_at as timestamp) as typed_occurred_at,
        contact_keys.customer_number,
        contact_keys.contact_id is null as is_unknown_contact,
        raw.event_id is not null and hash(raw.event_id) in (from repeated) as is_repeated
    from raw
    left join contact_keys on raw.contact_id = contact_keys.contact_id
),

judged as (
    select
        *,
        is_unknown_contact or is_after_load(typed_occurred_at, loaded_at) or not json_valid(properties)
        or event_id is null or event_type is null or abs(value) >= 1e14
        or is_sane(typed_occurred_at) is distinct from true or not is_sane(loaded_at) as is_rejected
    from typed
),

wanted as (
    select
        *,
        customer_number is not null and typed_occurred_at < timestamp '2026-11-21' and typed_occurred_at >= case wanted_type
            when 'email_sent' then timestamp '2026-11-14'
            when 'email_delivered' then timestamp '2026-05-21'
            when 'email_opened' then timestamp '2026-05-21'
            when 'product_viewed' then timestamp '2026-08-23'
            when 'product_added' then timestamp '2026-10-21'
            when 'support_ticket_opened' then timestamp '2026-10-22'
            when 'subscription_started' then timestamp '2026-08-21'
            when 'subscription_cancelled' then timestamp '2026-08-21'
            else case when wanted_type is not null then timestamp '1900-01-01' end
        end is true as is_wanted
    from judged
    where is_rejected or is_repeated or is_wanted
)

select
    event_id,
    customer_number,
    is_wanted,
    wanted_type as event_type,
    typed_occurred_at as occurred_at,
    cast(typed_occurred_at as date) as occurred_date,
    case when wanted_type in ('email_opened', 'email_clicked') and typed_occurred_at >= timestamp '2026-09-22' then cleaned_fast(message_id) end as message_id,
    case when wanted_type in ('product_viewed', 'product_added') then cleaned(product_id) end as product_id,
    case when wanted_type = 'survey_answered' then value end as value,
    case when wanted_type in ('email_clicked', 'survey_answered', 'lesson_completed', 'support_ticket_opened', 'subscription_cancelled')
        then properties end as properties,
    loaded_at,
    is_repeated,
    case when is_rejected then nullif(concat_ws(',',
        case when is_after_load(typed_occurred_at, loaded_at) then 'future_time' end,
        case when not json_valid(properties) then 'invalid_json' end,
        case when contact_id is null then 'missing_contact_id' end,
        case when event_id is null then 'missing_id' end,
        case when event_type is null or occurred_at is null then 'missing_value' end,
        case when is_unknown_contact and contact_id is not null then 'unknown_contact' end,
        case when abs(value) >= 1e14 then 'unparsable_number' end,
        case when occurred_at is not null and is_sane(typed_occurred_at) is distinct from true
            or not is_sane(loaded_at) then 'unparsable_time' end
    ), '') end as reason_codes,
    case when is_repeated then cast(json_object(
        'event_id', event_id, 'contact_id', contact_id, 'event_type', event_type, 'occurred_at', occurred_at,
        'channel', cleaned(channel), 'campaign_id', cleaned(campaign_id), 'message_id', cleaned_fast(message_id),
        'session_id', cleaned_fast(session_id), 'product_id', cleaned(product_id), 'category', cleaned(category),
        'value', cast(value as varchar), 'properties', properties
    ) as varchar) end as row_content,
    case when is_repeated or is_rejected then cast(json_object(
        'event_id', event_id, 'contact_id', contact_id, 'event_type', event_type, 'occurred_at', occurred_at,
        'channel', cleaned(channel), 'campaign_id', cleaned(campaign_id), 'message_id', cleaned_fast(message_id),
        'session_id', cleaned_fast(session_id), 'product_id', cleaned(product_id), 'category', cleaned(category),
        'value', cast(value as varchar), 'properties', masked(properties), 'loaded_at', cast(loaded_at as varchar)
    ) as varchar) end as raw_row
from wanted;

create temp table event_losers as
select row_number, case when row_content = kept_content then 'exact_duplicate' else 'superseded_duplicate' end as reason_codes
from (
    select
        rowid as row_number,
        row_content,
        first_value(row_content) over latest_first as kept_content,
        row_number() over latest_first as version_rank
    from event_rows
    where is_repeated and reason_codes is null
    window latest_first as (partition by event_id order by loaded_at desc nulls last, row_content desc)
)
where version_rank > 1;

insert into rejected_rows
select
    'events', event_id, coalesce(event_rows.reason_codes, event_losers.reason_codes), raw_row,
    case when is_sane(loaded_at) then loaded_at end
from event_rows
left join event_losers on event_rows.rowid = event_losers.row_number
where event_rows.reason_codes is not null or event_losers.row_number is not null;

create temp table kept_events as
select customer_number, event_type, occurred_at, occurred_date, message_id, product_id, value, properties
from event_rows
where is_wanted and reason_codes is null and rowid not in (select row_number from event_losers);

drop table event_rows;

create temp table event_days as
select customer_number, event_type, occurred_date, cast(count(*) as int) as events
from kept_events
where event_type in ('email_clicked', 'app_installed')
group by all;
