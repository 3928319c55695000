-- Of customers whose memberships are as the record left them nothing changes.
with recorded as (
    select * from {{ rows_of_customers(ref('stg_segment_stays'), ref('int_customer_memberships__touched')) }}
),

written as (
    select * from {{ ref('int_segments__written') }}
),

changes as (
    select * from {{ ref('int_customer_changes__flagged') }}
),

members as (
    select
        renewed.segment,
        renewed.customer_id
    from {{ ref('int_segment_members__renewed') }} as renewed
    inner join written on renewed.segment = written.segment
),

-- What went on as the as-of date began, whatever a former run of the same day has written since.
going_on as (
    select
        recorded.segment,
        recorded.customer_id,
        recorded.valid_from_date,
        recorded.is_start_known,
        recorded.rule_hash,
        recorded.entry_cause
    from recorded
    inner join written on recorded.segment = written.segment
    where
        recorded.valid_from_date < {{ as_of_date() }}
        and coalesce(recorded.valid_to_date >= {{ as_of_date() }}, true)
),

compared as (
    select
        going_on.valid_from_date,
        going_on.is_start_known,
        going_on.rule_hash,
        going_on.entry_cause,
        coalesce(members.segment, going_on.segment) as segment,
        coalesce(members.customer_id, going_on.customer_id) as customer_id,
        members.customer_id is not null as is_member
    from members
    full outer join going_on
        on members.segment = going_on.segment and members.customer_id = going_on.customer_id
    where members.customer_id is null or going_on.customer_id is null
),

explained as (
    select
        compared.segment,
        compared.customer_id,
        compared.is_member,
        compared.valid_from_date,
        compared.is_start_known,
        compared.rule_hash,
        compared.entry_cause,
        written.rule_hash as present_rule_hash,
        written.former_date is not null as is_recorded_before,
        {{ transition_cause('written', 'changes') }} as cause
    from compared
    inner join written on compared.segment = written.segment
    left join changes on compared.customer_id = changes.customer_id
)

select
    segment,
    customer_id,
    {{ as_of_date() }} as valid_from_date,
    cast(null as date) as valid_to_date,
    is_recorded_before as is_start_known,
    present_rule_hash as rule_hash,
    case when is_recorded_before then cause end as entry_cause,
    cast(null as string) as exit_cause
from explained
where is_member

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
from explained
where not is_member
