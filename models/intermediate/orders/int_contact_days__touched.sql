with changed_orders as (
    select
        order_id,
        contact_id,
        original_order_id,
        ordered_date
    from {{ ref('stg_orders__changed') }}
),

orders as (
    select
        order_id,
        contact_id,
        original_order_id,
        ordered_date
    from {{ ref('stg_orders') }}
),

clock as (
    select * from {{ ref('stg_build_state') }}
),

changed_contacts as (
    select contact_id from {{ ref('int_identities__changed') }}
    where is_known_anew
),

-- Time has brought them into sight, or a run for an earlier date has lost sight of them.
passed_orders as (
    select orders.*
    from orders
    inner join clock
        on
            orders.ordered_date >= least(clock.as_of_date, clock.former_as_of_date)
            and orders.ordered_date < greatest(clock.as_of_date, clock.former_as_of_date)
),

contact_orders as (
    select orders.*
    from orders
    inner join changed_contacts
        on orders.contact_id = changed_contacts.contact_id
),

documents as (
    select * from changed_orders
    union
    select * from passed_orders
    union
    select * from contact_orders
),

-- A refund re-opens the day of its order, and an order that counts no longer the days of its refunds.
related as (
    select orders.*
    from orders
    inner join documents
        on orders.order_id = documents.original_order_id

    union

    select orders.*
    from orders
    inner join documents
        on orders.original_order_id = documents.order_id
)

select
    contact_id,
    ordered_date as activity_date
from documents
where contact_id is not null and ordered_date is not null

union

select
    contact_id,
    ordered_date as activity_date
from related
