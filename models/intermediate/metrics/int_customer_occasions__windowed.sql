with days as (
    select
        customer_id,
        activity_date >= {{ metrics_window_start() }} as is_recent,
        orders,
        net_revenue,
        is_occasion
    from {{ ref('int_customer_days__aggregated') }}
    where activity_date >= {{ metrics_window_start(2) }}
)

select
    customer_id,
    cast(coalesce(sum(orders) filter (where is_recent), 0) as int) as recent_orders,
    cast(coalesce(sum(net_revenue) filter (where is_recent), 0) as decimal(18, 4)) as recent_revenue,
    bool_or(is_recent and is_occasion) as is_recent_buyer,
    bool_or(not is_recent and is_occasion) as is_earlier_buyer
from days
group by customer_id
