{%- set every_day = 'cross join lateral ' ~ period_series('day', 'spans.first_date', as_of_date()) ~ ' as series' %}
with customers as (
    select * from {{ ref('customers') }}
),

first_days as (
    select
        min(created_date) as created_date,
        min(first_order_date) as first_order_date
    from customers
),

-- An empty shop has its as-of date.
spans as (
    select coalesce(least(created_date, coalesce(first_order_date, created_date)), {{ as_of_date() }}) as first_date
    from first_days
),

every_day as (
    select series.period_date as calendar_date
    from spans
    {{ every_day }}
)

select
    calendar_date,
    {{ period_of('calendar_date', 'week') }} as week_start_date,
    {{ period_of('calendar_date', 'month') }} as month_start_date,
    {{ period_of('calendar_date', 'quarter') }} as quarter_start_date,
    {{ period_of('calendar_date', 'year') }} as year_start_date
from every_day
