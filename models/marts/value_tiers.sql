with tiered as (
    select * from {{ ref('int_customers__tiered') }}
)

select
    customer_id,
    net_revenue,
    cumulative_share,
    value_tier,
    value_decile,
    {{ as_of_date() }} as as_of_date
from tiered
