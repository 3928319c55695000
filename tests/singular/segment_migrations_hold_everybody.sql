-- Fails where a scheme of a pair of dates has not every customer of either date once, or the shares of what is left
-- do not make a whole.
with positions as (
    select * from {{ ref('int_customer_positions__recorded') }}
),

pairs as (
    select distinct
        from_date,
        to_date
    from {{ ref('segment_migrations') }}
),

either as (
    select
        pairs.from_date,
        count(distinct positions.customer_id) as customers
    from pairs
    inner join positions on positions.as_of_date in (pairs.from_date, pairs.to_date)
    group by pairs.from_date
),

moved as (
    select
        scheme,
        from_date,
        sum(customers) as customers,
        abs(sum(share) - count(distinct from_segment)) as missing_share
    from {{ ref('segment_migrations') }}
    group by
        scheme,
        from_date
)

select
    moved.scheme,
    moved.from_date,
    moved.customers,
    either.customers as expected_customers
from moved
left join either on moved.from_date = either.from_date
where moved.customers is distinct from either.customers or moved.missing_share > 0.000001
