{#- First day that alerts look back to: exclusive, var segment_alert_days before the as-of date. -#}
{% macro first_alert_date() %}
  {{- return("cast('" ~ (modules.datetime.date.fromisoformat(as_of_day()) - modules.datetime.timedelta(days=var('segment_alert_days'))).isoformat() ~ "' as date)") -}}
{% endmacro %}

{#- The kinds of alerts on segments. -#}
{% macro segment_alert_names() %}
  {{- return(['too_small', 'too_large', 'grew', 'shrank', 'shifted', 'conversion_fell', 'stale_inputs', 'empty', 'overlapping', 'flapping', 'unused']) -}}
{% endmacro %}

{#- The severity of each kind of alert that is not switched off, as rows (alert, severity). -#}
{% macro segment_alert_severities() %}
  {%- set rows = [] -%}
  {%- for alert in segment_alert_names() if alert not in var('segment_alerts_off') -%}
    {%- set severity = 'critical' if alert in var('segment_alerts_critical') else 'info' if alert in var('segment_alerts_info') else 'warning' -%}
    {%- do rows.append('(' ~ sql_string(alert) ~ ', ' ~ sql_string(severity) ~ ')') -%}
  {%- endfor -%}
  {{- return(ledger_values(rows, 2)) -}}
{% endmacro %}

{#- Check the vars of alerts: known alerts, numbers that make sense, segments as texts. -#}
{% macro check_segment_alerts() %}
  {%- for name in ['segment_alerts_critical', 'segment_alerts_info', 'segment_alerts_off'] -%}
    {%- if text_list_var(name) | reject('in', segment_alert_names()) | list -%}{%- do var_fail(name, 'a list of ' ~ segment_alert_names() | join(', ')) -%}{%- endif -%}
  {%- endfor -%}
  {%- do text_list_var('segments_in_use') -%}
  {%- for name in ['segment_alert_days', 'segment_alert_stale_days', 'segment_alert_empty_runs', 'segment_alert_flapping_changes', 'segment_alert_unused_days'] -%}
    {%- if var(name) is not integer or var(name) is boolean or var(name) < 1 -%}{%- do var_fail(name, 'a whole number from 1 on') -%}{%- endif -%}
  {%- endfor -%}
  {%- for name in ['segment_alert_growth_share', 'segment_alert_growth_customers', 'segment_alert_conversion_fall', 'segment_alert_stability_index', 'segment_alert_jaccard', 'segment_alert_flapping_share'] -%}
    {%- if var(name) is not number or var(name) is boolean or var(name) < 0 -%}{%- do var_fail(name, 'a number from 0 on') -%}{%- endif -%}
  {%- endfor -%}
{% endmacro %}

{#- Alerts that compare a segment's metrics with those of earlier as-of dates, as a select of (segment, alert,
    message): grew, shrank, conversion_fell against the date before; shifted by the population stability
    index of members and others against the first date of the last segment_alert_days; empty for
    segment_alert_empty_runs dates. metrics: relation segment_metrics. -#}
{% macro segment_trend_alerts(metrics) -%}
select
        segment,
        alert,
        message
    from (
        {{ segment_trends(metrics) }}
    ) as trends
    where is_raised
{%- endmacro %}

{#- The rows behind segment_trend_alerts, raised or not: segment, alert, is_raised, message. -#}
{% macro segment_trends(metrics) -%}
with seen as (
            select
                segment,
                as_of_date,
                customers,
                share,
                conversion_rate,
                lag(customers) over by_date as former_customers,
                lag(conversion_rate) over by_date as former_rate,
                first_value(share) over lately as first_share,
                max(customers) over runs as most_customers,
                count(*) over runs as runs
            from {{ metrics }}
            where as_of_date <= {{ as_of_date() }}
            window
                by_date as (partition by segment order by as_of_date nulls last),
                lately as (partition by segment, as_of_date > {{ first_alert_date() }} order by as_of_date nulls last),
                runs as (
                    partition by segment order by as_of_date nulls last
                    rows between {{ var('segment_alert_empty_runs') - 1 }} preceding and current row
                )
        ),

        measured as (
            select
                *,
                {{ population_stability_term('share', 'first_share') }}
                + {{ population_stability_term('1 - share', '1 - first_share') }} as stability_index,
                customers - former_customers as growth,
                greatest(former_customers * {{ var('segment_alert_growth_share') }}, {{ var('segment_alert_growth_customers') }}) as allowed_growth
            from seen
            where as_of_date = {{ as_of_date() }}
        )

        select segment, 'grew' as alert, growth > allowed_growth as is_raised,
            'from ' || cast(former_customers as string) || ' to ' || cast(customers as string) || ' customers since the date before' as message
        from measured
        union all
        select segment, 'shrank' as alert, -growth > allowed_growth as is_raised,
            'from ' || cast(former_customers as string) || ' to ' || cast(customers as string) || ' customers since the date before' as message
        from measured
        union all
        select segment, 'shifted' as alert, stability_index > {{ var('segment_alert_stability_index') }} as is_raised,
            'population stability index ' || cast(cast(stability_index as decimal(10, 2)) as string) || ' within {{ var('segment_alert_days') }} days' as message
        from measured
        union all
        select segment, 'conversion_fell' as alert,
            conversion_rate < former_rate * (1 - {{ var('segment_alert_conversion_fall') }}) and customers >= {{ var('segment_alert_growth_customers') }} as is_raised,
            'conversion fell from ' || cast(cast(100 * former_rate as decimal(10, 1)) as string) || ' to '
            || cast(cast(100 * conversion_rate as decimal(10, 1)) as string) || ' %' as message
        from measured
        union all
        select segment, 'empty' as alert, most_customers = 0 and runs = {{ var('segment_alert_empty_runs') }} as is_raised,
            'nobody in it at the last {{ var('segment_alert_empty_runs') }} dates' as message
        from measured
{%- endmacro %}

{#- Pairs of segments that are nearly the same, as a select of (segment, alert, message): the first by name
    is told. overlaps: relation segment_overlaps. -#}
{% macro segment_overlap_alerts(overlaps) -%}
select
        segment,
        'overlapping' as alert,
        'nearly the same customers as ' || min(other_segment)
        || case when count(*) > 1 then ' and ' || cast(count(*) - 1 as string) || ' more' else '' end as message
    from {{ overlaps }}
    where jaccard > {{ var('segment_alert_jaccard') }} and segment < other_segment
    group by segment
{%- endmacro %}

{#- Segments that nobody makes use of, as a select of (segment, alert, message): declared, known for
    segment_alert_unused_days, not exported within them nor named in segments_in_use.
    metrics: relation segment_metrics. exports: relation stg_segment_exports. -#}
{% macro segment_use_alerts(metrics, exports) -%}
{%- set first_day = "cast('" ~ (modules.datetime.date.fromisoformat(as_of_day()) - modules.datetime.timedelta(days=var('segment_alert_unused_days'))).isoformat() ~ "' as date)" -%}
select
        metrics.segment,
        'unused' as alert,
        'not exported in {{ var('segment_alert_unused_days') }} days, nor named in segments_in_use' as message
    from {{ metrics }} as metrics
    left join (
        select distinct segment as exported_segment
        from {{ exports }}
        where exported_date >= {{ first_day }} and exported_date < {{ as_of_date() }}
    ) as used
        on metrics.segment = used.exported_segment
    where used.exported_segment is null and metrics.segment not in ({{ sql_strings(var('segments_in_use') or ['']) }})
    group by metrics.segment
    having min(metrics.as_of_date) <= {{ first_day }} and bool_or(metrics.as_of_date = {{ as_of_date() }})
{%- endmacro %}

{#- Take back what a former run of the same as-of date raised, also where this one raises nothing; the pre-hook of
    segment_alerts. alerts: its relation. -#}
{% macro forget_alerts(alerts) %}
  {%- if is_incremental() -%}
delete from {{ alerts }} where as_of_date = {{ as_of_date() }}
  {%- endif -%}
{% endmacro %}
