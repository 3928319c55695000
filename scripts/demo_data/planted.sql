-- One row for each planted raw row: the extra rows, the late arrivals, the ids of people known under several.
with dirty as (
{dirty}
),
late_orders as (
    select order_id, contact_id, loaded_at from read_parquet('{output}/orders.parquet')
    where loaded_at > try_cast(ordered_at as timestamp) + interval 48 hour
),
late as (
    select 'orders' as source, order_id as row_id, contact_id, loaded_at from late_orders
    union all
    -- lines come with their document
    select 'order_lines', order_line_id, null, loaded_at from read_parquet('{output}/order_lines.parquet')
    where (order_id, loaded_at) in (select (order_id, loaded_at) from late_orders)
    union all
    select 'events', event_id, contact_id, loaded_at from read_parquet('{output}/events.parquet')
    where loaded_at > try_cast(occurred_at as timestamp) + interval 48 hour
)
select * from dirty
union all
-- a late copy is dirt already
select source, 'late_arrival', 'accepted', row_id, contact_id, null, loaded_at, null
from late
anti join (select source, row_id, loaded_at from dirty) as dirt using (source, row_id, loaded_at)
where row_id <> ''
union all
select 'contacts', 'identity_link', 'identity_link', contact_id, contact_id, contact_code(person), loaded_at, null
from contacts_of('people_several_ids')
