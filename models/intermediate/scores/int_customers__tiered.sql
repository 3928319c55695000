with customers as (
    select
        merged.customer_id,
        coalesce(purchases.monetary, 0) as net_revenue,
        coalesce(purchases.frequency, 0) > 0 as has_occasion
    from {{ ref('int_customers__merged') }} as merged
    left join {{ ref('int_customer_purchases__summarised') }} as purchases
        on merged.customer_id = purchases.customer_id
),

-- Distinct values first: a tie group moves as one, and the window stays small.
revenue_values as (
    select
        net_revenue,
        count(*) filter (where has_occasion) as customers,
        sum(case when net_revenue > 0 then net_revenue else 0 end) as revenue
    from customers
    group by net_revenue
),

running as (
    select
        net_revenue,
        cast(sum(revenue) over (order by net_revenue desc) as decimal(30, 4)) as revenue_to_here,
        cast(sum(revenue) over (order by net_revenue desc) - revenue as decimal(30, 4)) as revenue_above,
        cast(sum(revenue) over () as decimal(30, 4)) as all_revenue,
        sum(customers) over (order by net_revenue desc) - customers as customers_above,
        sum(customers) over () as all_customers
    from revenue_values
),

tiered as (
    select
        net_revenue,
        case
            when net_revenue <= 0 then 'none'
            when revenue_above < all_revenue * cast({{ var('value_tier_a_share') }} as decimal(5, 4)) then 'A'
            when revenue_above < all_revenue * cast({{ var('value_tier_b_share') }} as decimal(5, 4)) then 'B'
            else 'C'
        end as value_tier,
        case
            when net_revenue > 0 then cast(revenue_to_here as double) / nullif(cast(all_revenue as double), 0)
        end as cumulative_share,
        {{ decile_of_position('customers_above', 'all_customers') }} as value_decile
    from running
)

select
    customers.customer_id,
    cast(customers.net_revenue as decimal(18, 4)) as net_revenue,
    cast(tiered.cumulative_share as double) as cumulative_share,
    cast(tiered.value_tier as string) as value_tier,
    case when customers.has_occasion then cast(tiered.value_decile as int) end as value_decile
from customers
inner join tiered
    on customers.net_revenue = tiered.net_revenue
