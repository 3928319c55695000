-- Extra lines, each made from the first line of one clean order of a struck person.
with struck as (
    select * from struck_people('order_lines')
),
copied as (
    select clean.*, struck.kind, struck.reason_code,
        struck.kind in ('exact_duplicate', 'conflicting_duplicate') as is_duplicate,
        90000000000 + clean.person * 16 + kind_number as new_number
    from order_lines_of('struck_order_lines') as clean
    inner join struck
        on clean.person = struck.person
        and clean.order_index = pick(clean.person * 16 + kind_number, 'struck line', struck.order_count)
    where clean.is_refund = 0 and clean.line = 1
)
select kind, reason_code, person,
    case when is_duplicate then order_line_id when kind = 'missing_order_line_id'
        then case when person % 2 = 0 then '' end
        else line_code(new_number) end as order_line_id,
    case when kind = 'orphan' then order_code(9500000000 + person)
        when kind = 'missing_order_id' then case when person % 2 = 0 then '' end else order_id end as order_id,
    case when kind = 'missing_product_id' then case when person % 2 = 0 then '' end else product_id end as product_id,
    cast(case kind when 'missing_quantity' then null when 'negative_quantity' then -quantity
        when 'conflicting_duplicate' then quantity + 1 else quantity end as integer) as quantity,
    case when kind = 'negative_unit_price' then -unit_price else unit_price end as unit_price,
    unit_cost,
    loaded_at + case kind when 'exact_duplicate' then interval 1 day
        when 'conflicting_duplicate' then interval (-2) hour else interval 0 hour end as loaded_at
from copied
