{{ config(materialized='view') }}

with orders as (
    select * from {{ ref('stg_orders') }}
),

uncounted_orders as (
    select orders.order_id as uncounted_order_id
    from orders
    where not ({{ is_counted_document() }})
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
)

select
    identities.customer_id,
    orders.order_id,
    orders.document_type,
    orders.original_order_id,
    orders.ordered_date,
    orders.net_amount,
    orders.document_currency,
    orders.document_net_amount
from orders
inner join identities
    on orders.contact_id = identities.contact_id
-- What a cancelled or test order gave back it had never brought in.
left join uncounted_orders
    on orders.original_order_id = uncounted_orders.uncounted_order_id
where
    orders.ordered_date < {{ as_of_date() }}
    and uncounted_orders.uncounted_order_id is null
    and {{ is_counted_document() }}
