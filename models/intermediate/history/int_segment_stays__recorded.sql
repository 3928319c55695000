with recorded as (
    select * from {{ ref('stg_segment_stays') }}
),

written as (
    select * from {{ ref('int_segments__written') }}
),

changes as (
    select * from {{ ref('int_customer_changes__flagged') }}
),

members as (
    select
        members_listed.segment,
        members_listed.customer_id
    from {{ ref('int_segment_members__listed') }} as members_listed
    inner join written on members_listed.segment = written.segment
),

-- The record before the as-of date: what a former run of the same day wrote is taken back.
before as (
    select
        recorded.segment,
        recorded.customer_id,
        recorded.valid_from_date,
        case when recorded.valid_to_date < {{ as_of_date() }} then recorded.valid_to_date end as valid_to_date,
        recorded.is_start_known,
        recorded.rule_hash,
        recorded.entry_cause,
        case when recorded.valid_to_date < {{ as_of_date() }} then recorded.exit_cause end as exit_cause
    from recorded
    inner join written on recorded.segment = written.segment
    where recorded.valid_from_date < {{ as_of_date() }}
),

stayed as (
    select
        before.segment,
        before.customer_id,
        before.valid_from_date,
        before.valid_to_date,
        before.is_start_known,
        before.rule_hash,
        before.entry_cause,
        before.exit_cause
    from before
    left join members on before.segment = members.segment and before.customer_id = members.customer_id
    where before.valid_to_date is not null or members.customer_id is not null
),

left_now as (
    select
        before.segment,
        before.customer_id,
        before.valid_from_date,
        before.is_start_known,
        before.rule_hash,
        before.entry_cause,
        {{ transition_cause('written', 'changes') }} as cause
    from before
    inner join written on before.segment = written.segment
    left join members on before.segment = members.segment and before.customer_id = members.customer_id
    left join changes on before.customer_id = changes.customer_id
    where before.valid_to_date is null and members.customer_id is null
),

begun as (
    select
        members.segment,
        members.customer_id,
        written.rule_hash,
        written.former_date is not null as is_start_known,
        case when written.former_date is not null then {{ transition_cause('written', 'changes') }} end as cause
    from members
    inner join written on members.segment = written.segment
    left join changes on members.customer_id = changes.customer_id
    left join before
        on members.segment = before.segment and members.customer_id = before.customer_id and before.valid_to_date is null
    where before.customer_id is null
),

untouched as (
    select
        recorded.segment,
        recorded.customer_id,
        recorded.valid_from_date,
        recorded.valid_to_date,
        recorded.is_start_known,
        recorded.rule_hash,
        recorded.entry_cause,
        recorded.exit_cause
    from recorded
    left join written on recorded.segment = written.segment
    where written.segment is null
)

select
    segment,
    customer_id,
    valid_from_date,
    valid_to_date,
    is_start_known,
    rule_hash,
    entry_cause,
    exit_cause
from untouched

union all

select
    segment,
    customer_id,
    valid_from_date,
    valid_to_date,
    is_start_known,
    rule_hash,
    entry_cause,
    exit_cause
from stayed

union all

select
    segment,
    customer_id,
    valid_from_date,
    {{ as_of_date() }} as valid_to_date,
    is_start_known,
    rule_hash,
    entry_cause,
    cause as exit_cause
from left_now

union all

select
    segment,
    customer_id,
    {{ as_of_date() }} as valid_from_date,
    cast(null as date) as valid_to_date,
    is_start_known,
    rule_hash,
    cause as entry_cause,
    cast(null as string) as exit_cause
from begun
