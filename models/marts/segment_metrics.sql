{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='as_of_date',
    full_refresh=false,
    on_schema_change='append_new_columns',
) }}

with summed as (
    select * from {{ ref('int_segment_metrics__summed') }}
),

sizes as (
    select * from {{ ref('int_segment_sizes__checked') }}
),

stays as (
    select * from {{ ref('int_segment_stays__measured') }}
)

select
    summed.segment,
    {{ as_of_date() }} as as_of_date,
    cast({{ segment_metrics_days() }} as int) as window_days,
    -- how many
    summed.customers,
    sizes.share,
    stays.entered,
    stays.exited,
    stays.median_stay_days,
    stays.ended_stays,
    stays.half_life_days,
    stays.known_stays,
    summed.reachable_customers,
    {{ share_of('summed.reachable_customers', 'summed.customers') }} as reachable_share,
    -- what they bought, in all
    summed.revenue,
    summed.orders,
    cast({{ share_of('summed.revenue', 'summed.orders') }} as decimal(18, 4)) as average_order_value,
    summed.buying_customers,
    summed.repeat_customers,
    {{ share_of('summed.repeat_customers', 'summed.buying_customers') }} as repeat_rate,
    -- what they bought in the window
    summed.recent_revenue,
    summed.recent_orders,
    summed.gross_margin,
    summed.margin_revenue,
    {{ share_of('summed.gross_margin', 'greatest(summed.margin_revenue, 0)') }} as margin_share,
    summed.converted_customers,
    {{ share_of('summed.converted_customers', 'summed.customers') }} as conversion_rate,
    summed.earlier_customers,
    summed.retained_customers,
    {{ share_of('summed.retained_customers', 'summed.earlier_customers') }} as retention_rate,
    {{ share_of('summed.earlier_customers - summed.retained_customers', 'summed.earlier_customers') }} as churn_rate,
    -- what they answered in the window
    summed.delivered_messages,
    {{ share_of('summed.opened_messages', 'summed.delivered_messages') }} as open_rate,
    {{ share_of('summed.clicked_messages', 'summed.delivered_messages') }} as click_rate,
    summed.mailed_customers,
    {{ share_of('summed.unsubscribed_customers', 'summed.mailed_customers') }} as unsubscribe_rate,
    summed.survey_answers,
    {{ share_of('summed.survey_total', 'summed.survey_answers') }} as satisfaction
from summed
inner join sizes on summed.segment = sizes.segment
inner join stays on summed.segment = stays.segment
