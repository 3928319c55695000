{{ config(pre_hook=count_pairs_in_array(true), post_hook=count_pairs_in_array(false)) }}

with segments as (
    select
        declared.segment,
        declared.segment_place,
        count(*) as customers
    from {{ ref('int_segments__declared') }} as declared
    inner join {{ ref('int_segment_members__numbered') }} as members
        on declared.segment_place = members.segment_place
    group by declared.segment, declared.segment_place
),

-- Each pair once: they are many. No CTE for the members: DuckDB would lose sight of how small their
-- numbers are.
pairs as (
    select
        members.segment_place,
        other_members.segment_place as other_place,
        count(*) as shared_customers
    from {{ ref('int_segment_members__numbered') }} as members
    inner join {{ ref('int_segment_members__numbered') }} as other_members
        on members.customer_number = other_members.customer_number
    where members.segment_place < other_members.segment_place
    group by members.segment_place, other_members.segment_place
),

both_ways as (
    select
        segment_place,
        other_place,
        shared_customers
    from pairs

    union all

    select
        other_place as segment_place,
        segment_place as other_place,
        shared_customers
    from pairs
)

select
    segments.segment,
    other_segments.segment as other_segment,
    cast(both_ways.shared_customers as bigint) as shared_customers,
    cast(both_ways.shared_customers as double)
    / nullif(segments.customers + other_segments.customers - both_ways.shared_customers, 0) as jaccard
from both_ways
inner join segments on both_ways.segment_place = segments.segment_place
inner join segments as other_segments on both_ways.other_place = other_segments.segment_place
