-- Whom to win back, the best customers first.
select
    customers.customer_id,
    customers.country_code,
    customers.monetary,
    customers.recency_days
from {{ ref('customer_segmentation', 'segment_memberships') }} as memberships
inner join {{ ref('customer_segmentation', 'customers') }} as customers
    on memberships.customer_id = customers.customer_id
where
    memberships.segment = 'lapsed_spenders'
    and memberships.is_reachable
    and not memberships.in_holdout
order by customers.monetary desc
