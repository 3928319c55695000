{{ config(materialized='view') }}

with orders as (
    select * from {{ ref('stg_orders') }}
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
    orders.net_amount
from orders
inner join identities
    on orders.contact_id = identities.contact_id
where
    orders.ordered_date < {{ as_of_date() }}
    and not orders.is_test
    and (orders.status is null or orders.status not in ({{ sql_strings(text_list_var('cancelled_statuses')) }}))
