-- Written after the stays: {{ ref('int_segment_stays__recorded') }}
with recorded as (
    select * from {{ ref('stg_segment_days') }}
),

known as (
    select * from {{ ref('int_rows__known') }}
),

written as (
    select * from {{ ref('int_segments__written') }}
),

-- A former run of the same date is replaced.
kept as (
    select
        recorded.segment,
        recorded.recorded_date,
        recorded.rule_hash,
        recorded.known_at
    from recorded
    left join written on recorded.segment = written.segment
    where written.segment is null or recorded.recorded_date < {{ as_of_date() }}
),

added as (
    select
        written.segment,
        {{ as_of_date() }} as recorded_date,
        written.rule_hash,
        known.known_at
    from written
    cross join known
    where written.rule_hash is not null or written.former_date is not null
)

select
    cast(segment as string) as segment,
    cast(recorded_date as date) as recorded_date,
    cast(rule_hash as string) as rule_hash,
    cast(known_at as timestamp) as known_at
from kept

union all

select
    cast(segment as string) as segment,
    cast(recorded_date as date) as recorded_date,
    cast(rule_hash as string) as rule_hash,
    cast(known_at as timestamp) as known_at
from added
