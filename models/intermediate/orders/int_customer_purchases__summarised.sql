{{ config(materialized='incremental', incremental_strategy='append', unique_key='customer_id') }}

with days as (
    select * from {{ customers_to_redo(ref('int_customer_days__aggregated'), ref('int_customers__touched')) }}
),

summarised as (
    select
        customer_id,
        min(activity_date) filter (where is_occasion) as first_order_date,
        max(activity_date) filter (where is_occasion) as last_order_date,
        {{ second_largest('activity_date', 'is_occasion') }} as previous_order_date,
        cast(count(*) filter (where is_occasion) as int) as frequency,
        cast(sum(orders) as int) as orders,
        cast(sum(net_revenue) as decimal(18, 4)) as monetary,
        sum(kept_revenue) as kept_revenue,
        min_by(kept_revenue, activity_date) filter (where is_occasion) as first_day_revenue
    from days
    group by customer_id
)

select
    customer_id,
    first_order_date,
    last_order_date,
    previous_order_date,
    frequency,
    orders,
    monetary,
    cast(
        case
            when frequency > 1
                then cast(kept_revenue - first_day_revenue as double) / nullif(frequency - 1, 0)
            when frequency = 1 then 0
        end as decimal(18, 4)
    ) as repeat_monetary
from summarised
