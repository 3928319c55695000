{{ config(materialized='view') }}

with orders as (
    select * from {{ ref('int_orders__counted') }}
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
)

select
    identities.customer_id,
    orders.contact_id,
    orders.order_id,
    orders.document_type,
    orders.original_order_id,
    orders.ordered_at,
    orders.ordered_date,
    orders.net_amount,
    orders.document_currency,
    orders.document_net_amount
from orders
inner join identities
    on orders.contact_id = identities.contact_id
where orders.ordered_date < {{ as_of_date() }}
