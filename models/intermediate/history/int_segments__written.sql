{#- What this run records. A record that goes beyond the as-of date stays as it is. -#}
{%- set rows = segment_recorded(segment_catalogue()) if execute else [] -%}
with days as (
    select * from {{ ref('stg_segment_days') }}
),

declared (segment, rule_hash, is_ranked) as (
    {{ value_rows(rows, ['segment', 'rule_hash'], ['is_ranked']) }}
),

recorded as (
    select
        segment,
        max(recorded_date) as last_recorded_date,
        max(case when recorded_date < {{ as_of_date() }} then recorded_date end) as former_date
    from days
    group by segment
),

-- A segment that has left the catalogue is recorded once more, without members; one that only a former run of the same
-- date recorded is taken back.
named as (
    select segment from declared
    {%- if var('record_history') %}
    union
    select days.segment
    from recorded
    inner join days
        on
            recorded.segment = days.segment
            and coalesce(recorded.former_date, recorded.last_recorded_date) = days.recorded_date
    where days.rule_hash is not null
    {%- endif %}
)

select
    cast(named.segment as string) as segment,
    cast(declared.rule_hash as string) as rule_hash,
    cast(recorded.former_date as date) as former_date,
    cast(days.rule_hash as string) as former_rule_hash,
    cast(days.known_at as timestamp) as former_known_at,
    coalesce(cast(declared.is_ranked as boolean), false) as is_ranked
from named
left join declared on named.segment = declared.segment
left join recorded on named.segment = recorded.segment
left join days on named.segment = days.segment and recorded.former_date = days.recorded_date
where coalesce(recorded.last_recorded_date <= {{ as_of_date() }}, true)
