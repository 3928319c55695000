-- One row for each planted raw row: the extra rows, the late arrivals, the ids of people known under several.
with dirty as (
{dirty}
),
late_orders as (
    select order_id, contact_id, loaded_at
    from read_parquet('{output}/orders.parquet', file_row_number = true)
    where file_row_number < {clean_orders} and loaded_at > try_cast(ordered_at as timestamp) + interval 48 hour
),
late as (
    select 'orders' as source, order_id as row_id, contact_id, loaded_at from late_orders
    union all
    -- lines come with their document
    select 'order_lines', order_line_id, null, loaded_at
    from read_parquet('{output}/order_lines.parquet', file_row_number = true)
    where file_row_number < {clean_order_lines} and order_id in (select order_id from late_orders)
    union all
    select 'events', event_id, contact_id, loaded_at
    from read_parquet('{output}/events.parquet', file_row_number = true)
    where file_row_number < {clean_events} and loaded_at > try_cast(occurred_at as timestamp) + interval 48 hour
)
select * from dirty
union all
select source, 'late_arrival', 'accepted', row_id, contact_id, null, loaded_at, null from late
union all
select 'contacts', 'identity_link', 'identity_link', contact_id, contact_id, contact_code(person), loaded_at, null
from contacts_of('people_several_ids')
