with events as (
    select * from {{ ref('stg_events__changed') }}
),

changed_orders as (
    select * from {{ ref('stg_orders__changed') }}
),

changed_lines as (
    select * from {{ ref('stg_order_lines__changed') }}
),

orders as (
    select * from {{ ref('stg_orders') }}
),

order_days as (
    select
        contact_id,
        ordered_date
    from changed_orders

    union

    -- Whether a refund counts depends on the order that it refers to.
    select
        orders.contact_id,
        orders.ordered_date
    from orders
    inner join changed_orders on orders.original_order_id = changed_orders.order_id

    union

    select
        orders.contact_id,
        orders.ordered_date
    from orders
    inner join changed_lines on orders.order_id = changed_lines.order_id
),

order_events (event_type) as (
    values ('order_placed'), ('order_refunded'), ('product_purchased')
)

select distinct
    contact_id,
    event_type,
    occurred_date
from events
where
    contact_id is not null
    and event_type is not null
    and occurred_date is not null
    and event_type not in (select order_events.event_type from order_events)

union all

select
    order_days.contact_id,
    order_events.event_type,
    order_days.ordered_date as occurred_date
from order_days
cross join order_events
where order_days.contact_id is not null and order_days.ordered_date is not null
