{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='as_of_date',
    full_refresh=false,
    on_schema_change='append_new_columns',
) }}

with raised as (
    select * from {{ ref('int_segment_alerts__raised') }}
    union all
    {{ segment_trend_alerts(ref('segment_metrics')) }}
    union all
    {{ segment_overlap_alerts(ref('segment_overlaps')) }}
    union all
    {{ segment_use_alerts(ref('segment_metrics'), ref('stg_segment_exports')) }}
),

severities (alert, severity) as (
    {{ segment_alert_severities() }}
){{ ',' if is_incremental() }}
{% if is_incremental() %}
former as (
    select
        segment,
        alert,
        first_raised_date
    from {{ this }}
    where as_of_date = (select max(earlier.as_of_date) from {{ this }} as earlier where earlier.as_of_date < {{ as_of_date() }})
)
{% endif %}
select
    raised.segment,
    {{ as_of_date() }} as as_of_date,
    raised.alert,
    severities.severity,
    raised.message,
    {{ 'coalesce(former.first_raised_date, ' ~ as_of_date() ~ ')' if is_incremental() else as_of_date() }} as first_raised_date
from raised
inner join severities on raised.alert = severities.alert
{%- if is_incremental() %}
left join former on raised.segment = former.segment and raised.alert = former.alert
{%- endif %}
