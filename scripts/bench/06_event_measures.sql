-- What the segments ask of each customer's events. Windows end before D, 21 November 2026.
create temp table viewed as
with views as (
    select customer_number, occurred_date, category, unit_price, is_in_stock, restocked_date, category_bit
    from kept_events
    inner join products using (product_id)
    where event_type = 'product_viewed'
)

select
    customer_number,
    bool_or(category = 'bags' and unit_price > 300 and occurred_date >= date '2026-10-31') as has_dear_bags,
    bool_or(is_in_stock and restocked_date >= date '2026-11-07' and restocked_date < date '2026-11-21'
        and restocked_date - occurred_date between 0 and 30) as is_restocked,
    count(*) filter (where category = 'bags' and occurred_date >= date '2026-10-21') as bags,
    count(*) filter (where category = 'shoes' and occurred_date >= date '2026-10-21') as shoes,
    count(*) filter (where category = 'electronics' and occurred_date >= date '2026-10-21') as electronics,
    bit_count(bit_or(category_bit) filter (where category is not null)) as categories
from views
group by customer_number;

create temp table acted as
select
    customer_number,
    count(*) filter (where event_type = 'session_started' and occurred_date >= date '2026-08-23') as visits_90_days,
    max(occurred_date) filter (where event_type = 'session_started') as last_visit,
    bool_or(event_type = 'email_sent') as is_mailed,
    count(*) filter (where event_type = 'email_delivered') as delivered_6_months,
    bool_or(event_type = 'email_opened') as has_opened,
    bool_or(event_type = 'email_clicked' and occurred_date >= date '2026-09-22') as has_clicked,
    min(occurred_date) filter (where event_type = 'app_installed') as first_install
from kept_events
where event_type in ('session_started', 'email_sent', 'email_delivered', 'email_opened', 'email_clicked', 'app_installed')
group by customer_number;

create temp table told as
with parsed as (
    select
        customer_number, event_type, occurred_at, occurred_date, value,
        unnest(from_json(properties, '{"survey": "varchar", "city_rating": "double", "delivery_rating": "double", "values": ["varchar"],
            "course": "varchar", "progress": "double", "topic": "varchar", "reason": "varchar", "size": "varchar"}'))
    from kept_events
    where properties is not null
)

select
    customer_number,
    avg(city_rating) filter (where survey = 'city') as city_rating,
    arg_max(value, (occurred_at, value)) filter (where survey = 'nps') as recommendation,
    max(occurred_date) filter (where survey = 'nps') as last_recommendation,
    min(delivery_rating) filter (where survey = 'delivery' and occurred_date >= date '2026-10-22') as worst_delivery,
    bool_or(event_type = 'support_ticket_opened' and topic = 'delivery') as has_delivery_ticket,
    bool_or(event_type = 'survey_answered' and occurred_date >= date '2025-11-21' and list_contains("values", 'ecology')) as is_green,
    max(progress) filter (where event_type = 'lesson_completed' and course = 'beginner') as beginner_progress,
    bool_or(event_type = 'lesson_completed' and course = 'advanced') as is_advanced,
    max(occurred_date) filter (where event_type = 'lesson_completed') as last_lesson,
    arg_max(course, (occurred_at, course)) filter (where event_type = 'lesson_completed') as last_course,
    arg_max(progress, (occurred_at, progress)) filter (where event_type = 'lesson_completed') as last_progress,
    list(distinct size) filter (where event_type = 'email_clicked' and occurred_date >= date '2026-05-21') as sizes,
    max(occurred_at) filter (where event_type = 'subscription_cancelled' and reason = 'price') as cancelled_at
from parsed
group by customer_number;

-- Sequences: whose it was completed.
create temp table sequenced as
select 'cart_abandoned' as segment, customer_number
from kept_events as added
where event_type = 'product_added' and occurred_date >= date '2026-11-13' and occurred_date < date '2026-11-20' and not exists (
    from accepted_orders as orders
    where is_document and not is_refund and orders.customer_number = added.customer_number
        and orders.ordered_at > added.occurred_at and orders.ordered_at <= added.occurred_at + interval 1 day
)
union
select 'viewed_and_bought_the_same_day', viewed.customer_number
from kept_events as viewed
inner join kept_events as added
    on viewed.customer_number = added.customer_number and viewed.product_id = added.product_id and viewed.occurred_at < added.occurred_at
inner join bought_lines
    on added.customer_number = bought_lines.customer_number and added.product_id = bought_lines.product_id and added.occurred_at < bought_lines.ordered_at
where viewed.event_type = 'product_viewed' and added.event_type = 'product_added'
    and viewed.occurred_date >= date '2026-10-21'
    and bought_lines.ordered_at <= viewed.occurred_at + interval 1 day
union
select 'opened_but_not_clicked', customer_number
from kept_events as opened
where event_type = 'email_opened' and message_id is not null and occurred_date >= date '2026-09-22' and not exists (
    from kept_events as clicked
    where event_type = 'email_clicked' and clicked.customer_number = opened.customer_number and clicked.message_id = opened.message_id
        and clicked.occurred_at > opened.occurred_at and clicked.occurred_at <= opened.occurred_at + interval 2 day
)
union
select 'cancelled_for_the_price', customer_number
from told
where cancelled_at is not null and not exists (
    from kept_events
    where event_type = 'subscription_started' and kept_events.customer_number = told.customer_number and occurred_at > cancelled_at
);

drop table kept_events;
drop table accepted_orders;
drop table bought_lines;
