-- One-time buyers: how long ago did they buy, and how many can still be asked for a second purchase?
-- Read: the first rows are whom the welcome series reaches; after the months that when_do_buyers_return shows, few return.
select
    least(floor(recency_days / 30.0), 12) as months_since_purchase,
    count(*) as one_time_buyers,
    sum(case when is_email_reachable then 1 else 0 end) as reachable_by_email,
    sum(monetary) as revenue,
    avg(cast(monetary as double)) as mean_first_order
from {{ ref('customers') }}
where frequency = 1
group by least(floor(recency_days / 30.0), 12)
order by months_since_purchase asc nulls last
