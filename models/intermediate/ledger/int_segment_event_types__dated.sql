with events as (
    select
        event_type,
        min(occurred_date) as first_date
    from {{ ref('stg_events') }}
    where event_type not in ('order_placed', 'order_refunded', 'product_purchased')
    group by event_type
),

orders as (
    select min(ordered_date) as first_date from {{ ref('stg_orders') }}
),

order_events (event_type) as (
    values ('order_placed'), ('order_refunded'), ('product_purchased')
)

select
    event_type,
    first_date
from events

union all

select
    order_events.event_type,
    orders.first_date
from order_events
cross join orders
where orders.first_date is not null
