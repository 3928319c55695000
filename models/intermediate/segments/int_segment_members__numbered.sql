{%- set flags = segment_flags(segment_catalogue().segments) if execute else [] %}
with rules as (
    select
        row_number() over (order by customer_id nulls last) as customer_number,
        {{ list_of_columns(flags, 'boolean') }} as flags
    from {{ ref('int_segment_rules__resolved') }}
),

segments as (
    select segment_place from {{ ref('int_segments__declared') }}
)

select
    cast(rules.customer_number as int) as customer_number,
    cast(segments.segment_place as smallint) as segment_place
from rules
cross join segments
where {{ item_at('rules.flags', 'segments.segment_place') }}
