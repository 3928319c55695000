with suspected as (
    select contact_id from {{ ref('int_contact_versions__suspected') }}
),

contacts as (
    select * from {{ ref('stg_contacts') }}
),

recorded as (
    select * from {{ ref('int_contact_versions__recorded') }}
    where {{ is_known_version() }}
),

last_recording as (
    select max(recorded_date) as last_recorded_date from {{ ref('int_contact_versions__recorded') }}
),

-- Older versions in the files; what the latest repeats may have been otherwise in between.
delivered as (
    select * from {{ ref('base_contacts') }}
    where reason_codes in ('superseded_duplicate', 'exact_duplicate')
),

versions as (
    select
        recorded.contact_id,
        {{ contact_version_columns('recorded') }},
        recorded.version_number,
        recorded.recorded_date,
        false as is_latest
    from recorded
    inner join suspected on recorded.contact_id = suspected.contact_id

    union all

    select
        delivered.contact_id,
        {{ contact_version_columns('delivered') }},
        cast(null as int) as version_number,
        cast(null as date) as recorded_date,
        false as is_latest
    from delivered
    inner join suspected on delivered.contact_id = suspected.contact_id

    union all

    select
        contacts.contact_id,
        {{ contact_version_columns('contacts') }},
        cast(null as int) as version_number,
        {{ contact_recorded_date('last_recording.last_recorded_date') }} as recorded_date,
        true as is_latest
    from contacts
    inner join suspected on contacts.contact_id = suspected.contact_id
    cross join last_recording
),

described as (
    select
        *,
        {{ contact_said_at() }} as said_at,
        {{ contact_content_hash() }} as content_hash,
        max(case when is_latest then {{ contact_said_at() }} end) over (partition by contact_id) as last_said_at,
        max(case when is_latest then loaded_at end) over (partition by contact_id) as last_loaded_at
    from versions
),

-- A version later than what the files say now has been taken back; one of the files that nothing tells to be older than
-- what they say now is no history.
placed as (
    select
        *,
        row_number() over (
            partition by contact_id
            order by
                is_latest nulls last, said_at nulls last, coalesce(loaded_at, cast(recorded_date as timestamp)) nulls first,
                version_number nulls last, content_hash nulls last
        ) as seen_place
    from described
    where
        said_at < last_said_at
        or (said_at = last_said_at and (is_latest or loaded_at < last_loaded_at))
        or (said_at = last_said_at and version_number is not null and coalesce(loaded_at <= last_loaded_at, true))
),

compared as (
    select
        *,
        lag(content_hash) over (partition by contact_id order by seen_place nulls last) as former_hash
    from placed
),

changed as (
    select
        *,
        row_number() over (partition by contact_id order by seen_place nulls last) as version_place,
        lag(said_at) over (partition by contact_id order by seen_place nulls last) as former_said_at,
        lag(loaded_at) over (partition by contact_id order by seen_place nulls last) as former_loaded_at
    from compared
    where coalesce(content_hash <> former_hash, true)
)

select
    changed.contact_id,
    cast(changed.version_place as int) as version_place,
    case
        when coalesce(changed.said_at > changed.former_said_at, true) then {{ day_after(local_date('changed.said_at')) }}
        when coalesce(changed.loaded_at > changed.former_loaded_at, changed.loaded_at is not null)
            then {{ day_after(local_date('changed.loaded_at')) }}
        else changed.recorded_date
    end as holds_from_date,
    coalesce(changed.recorded_date <= {{ as_of_date() }}, true) or coalesce(changed.version_number = 1, false) as is_heard,
    changed.recorded_date,
    changed.version_number,
    {{ contact_version_columns('changed') }}
from changed
