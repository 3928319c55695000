with segments as (
    select * from {{ ref('int_segments__declared') }}
),

summed as (
    select * from {{ ref('int_segment_metrics__summed') }}
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
        summed.customers,
        summed.revenue,
        coalesce(cast(summed.customers as double) / nullif(everybody.all_customers, 0), 0) as share
    from segments
    cross join everybody
    inner join summed
        on segments.segment = summed.segment
)

select
    segment,
    priority,
    customers,
    share,
    revenue,
    case
        when customers < min_customers then 'fewer than ' || cast(min_customers as string)
        when share > max_share then 'more than ' || cast(cast(round(max_share * 100) as int) as string) || ' %'
    end as alert
from sized
