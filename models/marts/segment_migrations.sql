with counted as (
    select * from {{ ref('int_customer_moves__counted') }}
),

-- A date recorded later can come to stand between two that were neighbours.
periods as (
    select * from {{ ref('int_migration_periods__paired') }}
)

select
    counted.scheme,
    counted.from_segment,
    counted.to_segment,
    counted.from_date,
    counted.to_date,
    counted.customers,
    cast(counted.customers as double) / nullif(
        sum(counted.customers) over (
            partition by counted.scheme, counted.from_segment, counted.from_date, counted.to_date
        ), 0
    ) as share
from counted
inner join periods on counted.from_date = periods.from_date and counted.to_date = periods.to_date
