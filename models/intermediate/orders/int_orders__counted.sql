{{ config(materialized='view') }}

-- The orders are named twice: an engine keeps a CTE that is read twice, with all of its columns.
with uncounted_orders as (
    select orders.order_id as uncounted_order_id
    from {{ ref('stg_orders') }} as orders
    where not ({{ is_counted_document() }})
)

select
    orders.order_id,
    orders.contact_id,
    orders.document_type,
    orders.original_order_id,
    orders.ordered_at,
    orders.ordered_date,
    orders.status,
    orders.channel,
    orders.coupon_code,
    orders.net_amount,
    orders.discount_amount,
    orders.document_currency,
    orders.document_net_amount
from {{ ref('stg_orders') }} as orders
-- What a cancelled or test order gave back it had never brought in.
left join uncounted_orders
    on orders.original_order_id = uncounted_orders.uncounted_order_id
where
    uncounted_orders.uncounted_order_id is null
    and {{ is_counted_document() }}
