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
    case
        when first_order_date is null then 'prospect'
        when days_since_last >= {{ var('lifecycle_churned_days') | int }} then 'churned'
        when days_since_last >= {{ var('lifecycle_lapsing_days') | int }} then 'lapsing'
        when days_of_last_pause >= {{ var('lifecycle_churned_days') | int }} then 'reactivated'
        when days_since_first <= {{ var('lifecycle_new_days') | int }} then 'new'
        else 'active'
    end as lifecycle_stage
from purchases
