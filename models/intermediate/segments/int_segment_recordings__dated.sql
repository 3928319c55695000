{%- set rows = [] -%}
{%- for name in (segment_catalogue().stays if execute else []) -%}{%- do rows.append({'segment': name}) -%}{%- endfor -%}
-- Written after the stays: {{ ref('int_segment_stays__recorded') }}
with recordings as (
    select * from {{ ref('stg_segment_recordings') }}
),

tracked (segment) as (
    {{ value_rows(rows, ['segment']) }}
)

select
    cast(coalesce(tracked.segment, recordings.segment) as string) as segment,
    coalesce(recordings.first_recorded_date, {{ as_of_date() }}) as first_recorded_date,
    case
        when tracked.segment is null then recordings.last_recorded_date
        else greatest(coalesce(recordings.last_recorded_date, {{ as_of_date() }}), {{ as_of_date() }})
    end as last_recorded_date
from tracked
full outer join recordings on tracked.segment = recordings.segment
