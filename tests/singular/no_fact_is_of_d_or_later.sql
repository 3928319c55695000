-- Fails for a customer created, or with an occasion or an engaged day, on D or later, and for an impossible order of dates.
select
    customer_id,
    created_date,
    first_order_date,
    last_order_date,
    engagement_recency_days,
    as_of_date
from {{ ref('customers') }}
where
    created_date >= as_of_date
    or last_order_date >= as_of_date
    or first_order_date > last_order_date
    or recency_days < 1
    or engagement_recency_days < 1
    or recency_age_days > tenure_days
    or (frequency > 0) <> (first_order_date is not null)
