-- Visits: up to six steps; the visit of an order comes shortly before it and looks at its first product.
create or replace temp macro web_events_of(people_source) as table
with visits as (
    select *, person * getvariable('event_slots') + visit as bundle_number,
        visit < order_count as is_before_order,
        person * getvariable('order_slots') + visit as order_number
    from (select *, cast(unnest(range(web_count)) as bigint) as visit from query_table(people_source))
),
drawn as (
    select *,
        case when is_before_order and visit = 0 then slot_from
            when is_before_order then slot_from + cast(floor((slot_to - slot_from + 1) * draw(order_number,
                'slot')) as integer)
            else slot_from + cast(floor((slot_to - slot_from + 1) * draw(bundle_number,
                'visit slot')) as integer) end as slot,
        case when is_before_order then 6
            else list_extract([1, 2, 3, 3, 3, 4, 5], 1 + pick(bundle_number, 'visit length', 7)) end as step_count,
        line_product(case when is_before_order then order_number else bundle_number + 500000000000 end, 1,
            taste, favourite_category) as product_number
    from visits
),
timed as (
    select drawn.*,
        greatest(created_seconds, case when is_before_order and visit = 0 then created_seconds
            else day_number * 86400 + second_of_day(case when is_before_order
                then order_number else bundle_number end)
                - case when is_before_order then 900 else 0 end end) as visit_seconds
    from drawn
    inner join calendar_slots on drawn.slot = calendar_slots.slot
),
steps as (
    select *, cast(unnest(range(step_count)) as bigint) as step from timed
),
placed as (
    select *, case when step = 3
        then (product_number // 64) * 64 + (product_number + 7) % 64 else product_number end as seen_number,
        visit_seconds + step * (20 + pick(bundle_number, 'pace', 100)) as at_seconds
    from steps
)
select person, bundle_number, step, aliases, alias_gap_seconds, created_seconds, at_seconds,
    list_extract(['session_started', 'page_viewed', 'product_viewed', 'product_viewed', 'product_added',
        'checkout_started'],
        1 + step) as event_type,
    case when draw(bundle_number, 'app') < 0.3 then 'app' else 'web' end as channel,
    cast(null as varchar) as campaign_id,
    cast(null as varchar) as message_id,
    's' || (bundle_number) as session_id,
    case when step >= 2 then product_code(seen_number) end as product_id,
    case when step >= 2 then category end as category,
    case when step >= 4 then money(price_cents) end as value,
    case when step = 1 then '{"path":"/' || category || '"}'
        when step = 0 then '{"device":"' || choose(bundle_number, 'device', ['mobile', 'desktop', 'tablet'])
            || '"}' end as properties
from placed
inner join catalogue on seen_number = catalogue.product_number;
