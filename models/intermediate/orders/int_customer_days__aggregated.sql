with documents as (
    select * from {{ ref('int_documents__netted') }}
)

select
    customer_id,
    ordered_date as activity_date,
    cast(count(*) filter (where is_occasion) as int) as orders,
    cast(sum(signed_amount) as decimal(18, 4)) as net_revenue,
    cast(coalesce(sum(kept_amount) filter (where is_occasion), 0) as decimal(18, 4)) as kept_revenue,
    bool_or(is_occasion) as is_occasion
from documents
group by
    customer_id,
    ordered_date
