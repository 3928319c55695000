with segments as (
    select * from {{ ref('int_segments__declared') }}
),

members as (
    select
        segment,
        count(*) as customers,
        sum(monetary) as revenue
    from {{ ref('int_segment_members__listed') }}
    group by segment
),

everybody as (
    select count(*) as all_customers
    from {{ ref('int_customers__enriched') }}
),

sized as (
    select
        segments.segment,
        segments.priority,
        segments.min_customers,
        segments.max_share,
        coalesce(members.customers, 0) as customers,
        coalesce(cast(members.customers as double) / nullif(everybody.all_customers, 0), 0) as share,
        coalesce(members.revenue, 0) as revenue
    from segments
    cross join everybody
    left join members
        on segments.segment = members.segment
)

select
    segment,
    priority,
    cast(customers as bigint) as customers,
    share,
    cast(revenue as decimal(18, 4)) as revenue,
    case
        when customers < min_customers then 'fewer than ' || cast(min_customers as string)
        when share > max_share then 'more than ' || cast(cast(round(max_share * 100) as int) as string) || ' %'
    end as alert
from sized
