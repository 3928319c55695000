{{ config(materialized='view') }}

with purchases as (
    select
        customer_id,
        first_order_date,
        {{ days_between('first_order_date', as_of_date()) }} as days_since_first,
        {{ days_between('last_order_date', as_of_date()) }} as days_since_last,
        {{ days_between('previous_order_date', 'last_order_date') }} as days_of_last_pause
    from {{ ref('int_customer_purchases__summarised') }}
)

select
    customer_id,
    {{ lifecycle_stage() }} as lifecycle_stage
from purchases
