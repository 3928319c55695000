{{ config(materialized='view') }}

with recorded as (
    select distinct as_of_date
    from {{ ref('int_customer_positions__recorded') }}
    where as_of_date <= {{ as_of_date() }}
),

periods as (
    select min(as_of_date) as first_date
    from recorded
    group by {{ period_of('as_of_date', migration_period()) }}
),

paired as (
    select
        first_date as from_date,
        lead(first_date) over (order by first_date nulls last) as to_date
    from periods
)

select
    from_date,
    to_date
from paired
where to_date is not null
