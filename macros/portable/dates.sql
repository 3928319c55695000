{#- The date D that every model speaks as of, as an SQL date literal.

    Var as_of_date (YYYY-MM-DD), else the local date (var timezone) at which the run started.
    Raises a named error for anything that is not a date or not a time zone. -#}
{% macro as_of_date() %}
  {{- return("cast('" ~ as_of_day() ~ "' as date)") -}}
{% endmacro %}

{#- The date D as text YYYY-MM-DD. With var as_of_is_open, an @ after it says that it may be any date up to this
    one: macro backfill_dated puts an expression in the place of every date that rests on it. -#}
{% macro as_of_day() %}
  {%- set given = var('as_of_date', none) -%}
  {%- if not given -%}
    {{- return(run_started_at.astimezone(modules.pytz.timezone(business_timezone())).strftime('%Y-%m-%d')) -}}
  {%- endif -%}
  {%- set text = given | string | trim -%}
  {%- if not is_calendar_day(text) -%}
    {%- do exceptions.raise_compiler_error("as_of_date: '" ~ text ~ "' is not a date; write YYYY-MM-DD, for example 2026-03-01.") -%}
  {%- endif -%}
  {{- return(text ~ ('@' if var('as_of_is_open', false) else '')) -}}
{% endmacro %}

{#- Whether a value is a day of the calendar from 1900 to 2199, as YYYY-MM-DD. value: text or date. -#}
{% macro is_calendar_day(value) %}
  {%- set text = value | string -%}
  {{- return((modules.re.match('^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$', text) is not none)
      and (text[8:10] | int) <= days_in_month(text[0:4] | int, text[5:7] | int)) -}}
{% endmacro %}

{#- Days of a month. year, month: integers. -#}
{% macro days_in_month(year, month) %}
  {%- set is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) -%}
  {{- return([31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]) -}}
{% endmacro %}

{#- Var timezone, checked to be an IANA name. -#}
{% macro business_timezone() %}
  {%- set name = var('timezone', none) or 'UTC' -%}
  {%- if name not in modules.pytz.all_timezones -%}
    {%- do exceptions.raise_compiler_error("timezone: '" ~ name ~ "' is not an IANA time zone; write for example UTC or Europe/Warsaw.") -%}
  {%- endif -%}
  {{- return(name) -}}
{% endmacro %}

{#- Local date of a UTC timestamp in the business time zone. timestamp: SQL expression. -#}
{% macro local_date(timestamp) %}
  {%- if business_timezone() == 'UTC' -%}{{- return('cast(' ~ timestamp ~ ' as date)') -}}{%- endif -%}
  {{- return(adapter.dispatch('local_date', 'customer_segmentation')(timestamp)) -}}
{% endmacro %}

{% macro default__local_date(timestamp) %}
  {{- return("cast(from_utc_timestamp(" ~ timestamp ~ ", '" ~ business_timezone() ~ "') as date)") -}}
{% endmacro %}

{% macro duckdb__local_date(timestamp) %}
  {{- return("cast(timezone('" ~ business_timezone() ~ "', timezone('UTC', " ~ timestamp ~ ")) as date)") -}}
{% endmacro %}

{#- Whether a UTC timestamp is of these local days, or up to a day off: a condition beside the one on the local date, which an
    engine that knows the least and greatest value of each block of a table can read fewer of them by.
    timestamp: column. from_date, before_date: SQL dates. -#}
{% macro is_around_days(timestamp, from_date, before_date) %}
  {{- return(timestamp ~ ' >= cast(' ~ dbt.dateadd('day', -1, from_date) ~ ' as timestamp) and '
      ~ timestamp ~ ' < cast(' ~ dbt.dateadd('day', 1, before_date) ~ ' as timestamp)') -}}
{% endmacro %}

{#- Whole days from one date to another (later minus earlier). earlier, later: SQL dates. -#}
{% macro days_between(earlier, later) %}
  {{- return('cast(' ~ dbt.datediff(earlier, later, 'day') ~ ' as int)') -}}
{% endmacro %}

{#- First day of the calendar period of a date. grain: month or week (weeks start on Monday). -#}
{% macro period_of(date, grain) %}
  {{- return('cast(' ~ dbt.date_trunc(grain, date) ~ ' as date)') -}}
{% endmacro %}

{#- Completed years from a birth date to a date; a birthday on 29 February is completed on 1 March in
    other years. birth_date, on_date: SQL dates. -#}
{% macro age_in_years(birth_date, on_date) -%}
    cast(
        extract(year from {{ on_date }}) - extract(year from {{ birth_date }})
        - case
            when extract(month from {{ on_date }}) * 100 + extract(day from {{ on_date }})
                < extract(month from {{ birth_date }}) * 100 + extract(day from {{ birth_date }}) then 1
            else 0
        end as int
    )
{%- endmacro %}
