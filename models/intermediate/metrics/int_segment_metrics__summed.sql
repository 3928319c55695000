{#- One pass over the memberships, by the customer's number: no text is compared. -#}
with members as (
    select * from {{ ref('int_segment_members__numbered') }}
),

customers as (
    select * from {{ ref('int_customer_metrics__measured') }}
),

segments as (
    select * from {{ ref('int_segments__declared') }}
),

summed as (
    select
        members.segment_place,
        count(*) as customers,
        count(case when customers.is_email_reachable then 1 end) as email_reachable,
        count(case when customers.is_sms_reachable then 1 end) as sms_reachable,
        count(case when customers.is_push_reachable then 1 end) as push_reachable,
        count(case when customers.is_ads_reachable then 1 end) as ads_reachable,
        count(case when customers.frequency >= 1 then 1 end) as buying_customers,
        count(case when customers.frequency >= 2 then 1 end) as repeat_customers,
        sum(customers.orders) as orders,
        sum(customers.revenue) as revenue,
        count(case when customers.is_recent_buyer then 1 end) as converted_customers,
        count(case when customers.is_earlier_buyer then 1 end) as earlier_customers,
        count(case when customers.is_earlier_buyer and customers.is_recent_buyer then 1 end) as retained_customers,
        sum(customers.recent_orders) as recent_orders,
        sum(customers.recent_revenue) as recent_revenue,
        sum(customers.margin_revenue) as margin_revenue,
        sum(customers.gross_margin) as gross_margin,
        sum(customers.delivered_messages) as delivered_messages,
        sum(customers.opened_messages) as opened_messages,
        sum(customers.clicked_messages) as clicked_messages,
        count(case when customers.delivered_messages > 0 then 1 end) as mailed_customers,
        count(case when customers.delivered_messages > 0 and customers.has_unsubscribed then 1 end) as unsubscribed_customers,
        sum(customers.survey_answers) as survey_answers,
        sum(customers.survey_total) as survey_total
    from members
    inner join customers on members.customer_number = customers.customer_number
    group by members.segment_place
)

select
    segments.segment,
    cast(coalesce(summed.customers, 0) as bigint) as customers,
    cast(
        case segments.reach
            when 'email' then coalesce(summed.email_reachable, 0)
            when 'sms' then coalesce(summed.sms_reachable, 0)
            when 'push' then coalesce(summed.push_reachable, 0)
            when 'ads' then coalesce(summed.ads_reachable, 0)
        end as bigint
    ) as reachable_customers,
    cast(coalesce(summed.buying_customers, 0) as bigint) as buying_customers,
    cast(coalesce(summed.repeat_customers, 0) as bigint) as repeat_customers,
    cast(coalesce(summed.orders, 0) as bigint) as orders,
    cast(coalesce(summed.revenue, 0) as decimal(18, 4)) as revenue,
    cast(coalesce(summed.converted_customers, 0) as bigint) as converted_customers,
    cast(coalesce(summed.earlier_customers, 0) as bigint) as earlier_customers,
    cast(coalesce(summed.retained_customers, 0) as bigint) as retained_customers,
    cast(coalesce(summed.recent_orders, 0) as bigint) as recent_orders,
    cast(coalesce(summed.recent_revenue, 0) as decimal(18, 4)) as recent_revenue,
    cast(summed.margin_revenue as decimal(18, 4)) as margin_revenue,
    cast(summed.gross_margin as decimal(18, 4)) as gross_margin,
    cast(coalesce(summed.delivered_messages, 0) as bigint) as delivered_messages,
    cast(coalesce(summed.opened_messages, 0) as bigint) as opened_messages,
    cast(coalesce(summed.clicked_messages, 0) as bigint) as clicked_messages,
    cast(coalesce(summed.mailed_customers, 0) as bigint) as mailed_customers,
    cast(coalesce(summed.unsubscribed_customers, 0) as bigint) as unsubscribed_customers,
    cast(coalesce(summed.survey_answers, 0) as bigint) as survey_answers,
    cast(coalesce(summed.survey_total, 0) as decimal(36, 4)) as survey_total
from segments
left join summed on segments.segment_place = summed.segment_place
