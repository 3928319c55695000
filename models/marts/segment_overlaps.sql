{{ config(pre_hook=count_pairs_in_array(true), post_hook=count_pairs_in_array(false)) }}

{%- set flags = segment_flags(segment_catalogue().segments) if execute else [] %}
with rules as (
    select
        row_number() over (order by customer_id nulls last) as customer_number,
        {{ list_of_columns(flags, 'boolean') }} as flags
    from {{ ref('int_segment_rules__resolved') }}
),

segments as (
    select
        segment,
        segment_place
    from {{ ref('int_segments__declared') }}
),

-- Small numbers for names: there are thousands of pairs of segments per customer.
memberships as (
    select
        cast(rules.customer_number as int) as customer_number,
        cast(segments.segment_place as smallint) as segment_place
    from rules
    cross join segments
    where {{ item_at('rules.flags', 'segments.segment_place') }}
),

pairs as (
    select
        one.segment_place,
        other.segment_place as other_place,
        count(*) as shared_customers
    from memberships as one
    inner join memberships as other on one.customer_number = other.customer_number
    group by one.segment_place, other.segment_place
),

-- A segment shares all of its customers with itself.
sizes as (
    select
        segment_place,
        shared_customers as customers
    from pairs
    where segment_place = other_place
)

select
    segments.segment,
    other_segments.segment as other_segment,
    cast(pairs.shared_customers as bigint) as shared_customers,
    cast(pairs.shared_customers as double)
    / nullif(sizes.customers + other_sizes.customers - pairs.shared_customers, 0) as jaccard
from pairs
inner join segments on pairs.segment_place = segments.segment_place
inner join segments as other_segments on pairs.other_place = other_segments.segment_place
inner join sizes on pairs.segment_place = sizes.segment_place
inner join sizes as other_sizes on pairs.other_place = other_sizes.segment_place
where pairs.segment_place <> pairs.other_place
