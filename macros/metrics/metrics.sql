{#- Var segment_metrics_days, checked: how many days the rates of segment_metrics look back. -#}
{% macro segment_metrics_days() %}
  {%- set days = var('segment_metrics_days') -%}
  {%- if days is not integer or days is boolean or days < 1 or days > 3660 -%}
    {%- do var_fail('segment_metrics_days', 'a whole number from 1 to 3660') -%}
  {%- endif -%}
  {{- return(days) -}}
{% endmacro %}

{#- First day of the window of segment_metrics as an SQL date; the window ends before D.
    windows: 1 for the last one, 2 for the one before it. -#}
{% macro metrics_window_start(windows=1) %}
  {{- return('cast(' ~ dbt.dateadd('day', -windows * segment_metrics_days(), as_of_date()) ~ ' as date)') -}}
{% endmacro %}

{#- Share of something among something, a DOUBLE from 0 to 1; NULL where there is nothing to share.
    part, whole: SQL numbers. -#}
{% macro share_of(part, whole) %}
  {{- return('cast(' ~ part ~ ' as double) / nullif(' ~ whole ~ ', 0)') -}}
{% endmacro %}

{#- Var migration_period, checked: the grain of segment_migrations. -#}
{% macro migration_period() %}
  {%- if var('migration_period') not in ('month', 'week') -%}{%- do var_fail('migration_period', 'month, week') -%}{%- endif -%}
  {{- return(var('migration_period')) -}}
{% endmacro %}
