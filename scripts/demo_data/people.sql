-- One row a person: what all other tables derive their rows from. Narrow, and the only thing kept between steps.
with drawn as (
    select person,
        -- sign-ups grow to two and a half times the first day's over the history
        cast(floor((getvariable('last_slot') + 1) * (sqrt(1 + 5.25 * draw(person, 'acquired')) - 1) / 1.5) as integer)
            as slot_from,
        pick(person, 'place', 1000) as place_slot,
        -- twelve of each 150 people are the contacts of one company
        person % 150 < 12 as is_business,
        draw(person, 'buyer') < 0.83 as is_buyer
    from (select cast(range + 1 as bigint) as person from range(cast(getvariable('customers') as bigint)))
),
started as (
    select drawn.*, calendar_slots.day_number as day_from,
        -- a third leave within weeks, the others after two years on average; who comes for the sale leaves sooner
        -ln(1 - draw(person, 'lifetime')) * 65536.0 / getvariable('days')
            * case when draw(person, 'loyal') < case when is_black_friday_week then 0.7 else 0.3 end
                then 45 else 750 end as lifetime_slots
    from drawn
    inner join calendar_slots on drawn.slot_from = calendar_slots.slot
),
lived as (
    select *, cast(least(65535, floor(slot_from + lifetime_slots)) as integer) as slot_to from started
),
dated as (
    select lived.*, place.place_number, place.currency, place.units_per_pln, place.country_code,
        ended.day_number as day_to,
        day_from * 86400 + second_of_day(person) as created_seconds,
        (slot_to - slot_from) / 65536.0 as active_share,
        exp(normal_draw(person, 'rate')) as order_rate,
        not is_business and draw(person, 'several ids') < 0.015 as has_aliases,
        is_business or has_aliases or draw(person, 'no email') >= 0.04 as has_email
    from lived
    inner join place_slots as place using (place_slot)
    inner join calendar_slots as ended on lived.slot_to = ended.slot
),
counted as (
    select *,
        case when is_buyer then least(getvariable('order_slots'), 1 + cast(floor(
            getvariable('order_factor') * order_rate * active_share + draw(person, 'orders')) as bigint))
            else 0 end as order_count,
        case when has_aliases then 1 + pick(person, 'aliases', 3) else 0 end as aliases,
        not has_aliases and draw(person, 'deleted') < 0.04 and day_to < getvariable('days') - 5 as is_deleted,
        has_email and draw(person, 'email consent') < 0.80 as was_email_consent,
        draw(person, 'unsubscribes') < 0.12 as is_unsubscriber
    from dated
),
mailed as (
    select *,
        -- campaigns go on after the last purchase, until the contact leaves
        case when is_deleted then day_to
            when is_unsubscriber then day_from + cast(floor(
                draw(person, 'unsubscribed') * (getvariable('days') - day_from)) as bigint)
            else getvariable('days') - 2 end // 7 as week_to
    from counted
)
select person, slot_from, slot_to, day_from, day_to, place_number, country_code, currency, units_per_pln,
    is_business, is_deleted, has_email, order_count, aliases, created_seconds,
    (getvariable('days') * 86400 - 7200 - created_seconds) // (aliases + 1) as alias_gap_seconds,
    case when is_deleted then (day_to + 1) * 86400 + cast(floor(
        draw(person, 'deleted at') * (getvariable('days') - day_to - 2) * 86400) as bigint) end as deleted_seconds,
    -- taste bends product choice to the cheap or the dear end of a category
    exp(0.6 * normal_draw(person, 'taste')) as taste,
    pick(person, 'favourite', 8) as favourite_category,
    case when is_business then 2 + pick(person, 'bulk', 9) else 1 end as bulk,
    least(getvariable('event_slots') // 4, cast(floor(getvariable('web_factor')
        * (case when is_buyer
            then 0.07 * least(order_count, 60) * 10.0 / getvariable('orders_per_customer') else 0 end
            + 0.35 * exp(normal_draw(person, 'browsing'))) + draw(person, 'web')) as bigint)) as web_count,
    day_from // 7 + 1 as week_from,
    was_email_consent and is_unsubscriber and week_to > day_from // 7 as is_unsubscribed,
    was_email_consent,
    0.1 + 0.8 * draw(person, 'engagement') as engagement,
    case when was_email_consent then least(greatest(0, week_to - day_from // 7),
        getvariable('event_slots') // 2, greatest(case when is_unsubscriber then 1 else 0 end, cast(floor(
            getvariable('mail_factor') * (week_to - day_from // 7) * 7.0 / getvariable('days')
            * (0.3 + 1.4 * draw(person, 'mail rate')) + draw(person, 'mail')) as bigint)))
        else 0 end as mail_count,
    week_to,
    least(getvariable('event_slots') // 4, cast(floor(getvariable('other_factor')
        * (0.4 + 2 * active_share) * exp(0.5 * normal_draw(person, 'other rate')) + draw(person, 'other')) as bigint))
        as other_count
from mailed
