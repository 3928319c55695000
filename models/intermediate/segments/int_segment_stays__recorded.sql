{%- set rows = [] -%}
{%- for name in (segment_catalogue().stays if execute else []) -%}{%- do rows.append({'segment': name}) -%}{%- endfor -%}
with recorded as (
    select * from {{ ref('stg_segment_stays') }}
),

tracked (segment) as (
    {{ value_rows(rows, ['segment']) }}
),

-- A record that already goes beyond the as-of date stays as it is.
written as (
    select
        tracked.segment,
        coalesce(recordings.first_recorded_date < {{ as_of_date() }}, false) as is_start_known
    from tracked
    left join {{ ref('stg_segment_recordings') }} as recordings on tracked.segment = recordings.segment
    where coalesce(recordings.last_recorded_date <= {{ as_of_date() }}, true)
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
        recorded.is_start_known
    from recorded
    inner join written on recorded.segment = written.segment
    where recorded.valid_from_date < {{ as_of_date() }}
),

continued as (
    select
        before.segment,
        before.customer_id,
        before.valid_from_date,
        case
            when before.valid_to_date is null and members.customer_id is null then {{ as_of_date() }}
            else before.valid_to_date
        end as valid_to_date,
        before.is_start_known
    from before
    left join members on before.segment = members.segment and before.customer_id = members.customer_id
),

begun as (
    select
        members.segment,
        members.customer_id,
        {{ as_of_date() }} as valid_from_date,
        cast(null as date) as valid_to_date,
        written.is_start_known
    from members
    inner join written on members.segment = written.segment
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
        recorded.is_start_known
    from recorded
    left join written on recorded.segment = written.segment
    where written.segment is null
)

select * from untouched
union all
select * from continued
union all
select * from begun
