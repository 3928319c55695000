-- A busy day owns many of the 65,536 slots: a fact drawn uniformly over slots follows season and weekday.
create or replace temp table calendar_days as
with days as (
    select cast(range as bigint) as day_number,
        date_add(getvariable('start_date'), cast(range as integer)) as calendar_date,
        -- the Friday of the week that Tuesday begins
        date_add(date_trunc('week', date_add(calendar_date, -1)), interval 4 day) as friday
    from range(cast(getvariable('days') as bigint))
),
weighted as (
    select day_number,
        -- from the Tuesday before Black Friday to Cyber Monday
        month(friday) = 11 and day(friday) between 23 and 29 as is_black_friday_week,
        list_extract([0.85, 0.85, 0.95, 0.95, 1.0, 0.95, 0.85, 0.85, 1.0, 1.1, 1.75, 1.45], month(calendar_date))
        * list_extract([1.05, 1.0, 0.95, 0.95, 1.0, 0.9, 1.15], isodow(calendar_date))
        -- Black Friday and the Cyber Monday after it
        * case when month(calendar_date) = 11 and isodow(calendar_date) = 5 and day(calendar_date) between 23
            and 29 then 2.6
            when isodow(calendar_date) = 1 and date_add(calendar_date, -3) between
                make_date(year(calendar_date), 11, 23) and make_date(year(calendar_date), 11, 29) then 2.0
            when month(calendar_date) = 12 and day(calendar_date) between 24 and 26 then 0.4
            else 1.0 end as weight
    from days
)
select day_number, is_black_friday_week, cast(round(1000 * weight) as bigint) as weight,
    cast(sum(cast(round(1000 * weight) as bigint)) over (order by day_number) as bigint) as weight_until
from weighted;

create or replace temp table calendar_slots as
with edges as (
    select day_number, is_black_friday_week,
        (weight_until - weight) * 65536 // max(weight_until) over () as first_slot,
        weight_until * 65536 // max(weight_until) over () as end_slot
    from calendar_days
)
select cast(unnest(range(cast(first_slot as bigint), cast(end_slot as bigint))) as integer) as slot,
    day_number, is_black_friday_week
from edges;

-- Nobody is acquired on the last two days: each first order still falls before the end.
set variable last_slot = (select max(slot) from calendar_slots where day_number < getvariable('days') - 2);
