-- Extra orders, each made from one clean order of a struck person; a new id has no lines.
with struck as (
    select * from struck_people('orders')
),
copied as (
    select document.*, struck.kind, struck.reason_code,
        struck.kind in ('exact_duplicate', 'conflicting_duplicate') as is_duplicate,
        9000000000 + document.person * 16 + kind_number as new_number
    from orders_of('struck_orders') as document
    inner join struck
        on document.person = struck.person
        and document.order_index = pick(document.person * 16 + kind_number, 'struck order', struck.order_count)
    where document.is_refund = 0
)
select kind, reason_code, person,
    case when is_duplicate then order_id when kind = 'missing_order_id' then case when person % 2 = 0 then '' end
        else order_code(new_number) end as order_id,
    case when kind = 'orphan' then 'c9' || right(cast(10000000 + person % 10000000 as varchar), 7)
        when kind = 'missing_contact_id' then case when person % 2 = 0 then '' end else contact_id end as contact_id,
    case when kind = 'unknown_document_type'
        then choose(person, 'broken type', ['proforma', 'quote', 'ordre']) else document_type end as document_type,
    original_order_id,
    case kind when 'unparsable_ordered_at' then broken_time(person)
        when 'empty_ordered_at' then case when person % 2 = 0 then '' end
        when 'future_ordered_at'
            then cast(loaded_at + to_days(cast(1 + pick(person, 'future', 400) as integer)) as varchar)
        else ordered_at end as ordered_at,
    status,
    case when kind = 'unknown_currency'
        then choose(person, 'broken currency', ['XXX', 'ZLO', 'P']) else currency end as currency,
    case kind when 'negative_net_amount' then -1 - net_amount when 'conflicting_duplicate' then net_amount + 10
        when 'missing_net_amount' then null else net_amount end as net_amount,
    discount_amount, channel, coupon_code, is_test,
    -- a copy in conflict is the older load, still after the order itself
    loaded_at + case kind when 'exact_duplicate' then interval 1 day
        when 'conflicting_duplicate' then interval (-2) hour else interval 0 hour end as loaded_at
from copied
