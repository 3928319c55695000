-- In which countries is a buyer worth more than elsewhere, and does that come from bigger or from more purchases?
-- Read: the index is 100 for all buyers together. Revenue per buyer is orders per buyer times order value, so the two last
-- indexes say which of them makes the difference.
with countries as (
    select
        coalesce(country_code, 'unknown') as country_code,
        count(*) as buyers,
        sum(monetary) as revenue,
        sum(orders) as orders,
        {{ share_of('sum(monetary)', 'count(*)') }} as revenue_per_buyer,
        {{ share_of('sum(orders)', 'count(*)') }} as orders_per_buyer,
        {{ share_of('sum(monetary)', 'sum(orders)') }} as order_value
    from {{ ref('customers') }}
    where frequency > 0
    group by coalesce(country_code, 'unknown')
),

every_country as (
    select
        {{ share_of('sum(revenue)', 'sum(buyers)') }} as revenue_per_buyer,
        {{ share_of('sum(orders)', 'sum(buyers)') }} as orders_per_buyer,
        {{ share_of('sum(revenue)', 'sum(orders)') }} as order_value
    from countries
)

select
    countries.country_code,
    countries.buyers,
    countries.revenue_per_buyer,
    100 * {{ share_of('countries.revenue_per_buyer', 'every_country.revenue_per_buyer') }} as value_index,
    100 * {{ share_of('countries.orders_per_buyer', 'every_country.orders_per_buyer') }} as orders_index,
    100 * {{ share_of('countries.order_value', 'every_country.order_value') }} as order_value_index
from countries
cross join every_country
order by value_index desc nulls last
