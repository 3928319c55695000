with customers as (
    select
        customer_id,
        row_number() over (order by customer_id nulls last) as customer_number
    from {{ ref('int_segment_rules__resolved') }}
),

enriched as (
    select * from {{ ref('int_customers__enriched') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases__summarised') }}
),

occasions as (
    select * from {{ ref('int_customer_occasions__windowed') }}
),

margins as (
    select * from {{ ref('int_customer_margins__measured') }}
),

messages as (
    select * from {{ ref('int_customer_messages__measured') }}
)

select
    customers.customer_id,
    enriched.is_email_reachable,
    enriched.is_sms_reachable,
    enriched.is_push_reachable,
    enriched.is_ads_reachable,
    margins.margin_revenue,
    margins.gross_margin,
    -- As in int_segment_members__numbered.
    cast(customers.customer_number as int) as customer_number,
    coalesce(purchases.frequency, 0) as frequency,
    coalesce(purchases.orders, 0) as orders,
    coalesce(purchases.monetary, 0) as revenue,
    coalesce(occasions.is_recent_buyer, false) as is_recent_buyer,
    coalesce(occasions.is_earlier_buyer, false) as is_earlier_buyer,
    coalesce(occasions.recent_orders, 0) as recent_orders,
    coalesce(occasions.recent_revenue, 0) as recent_revenue,
    coalesce(messages.delivered_messages, 0) as delivered_messages,
    coalesce(messages.opened_messages, 0) as opened_messages,
    coalesce(messages.clicked_messages, 0) as clicked_messages,
    coalesce(messages.has_unsubscribed, false) as has_unsubscribed,
    coalesce(messages.survey_answers, 0) as survey_answers,
    coalesce(messages.survey_total, 0) as survey_total
from customers
inner join enriched on customers.customer_id = enriched.customer_id
left join purchases on customers.customer_id = purchases.customer_id
left join occasions on customers.customer_id = occasions.customer_id
left join margins on customers.customer_id = margins.customer_id
left join messages on customers.customer_id = messages.customer_id
