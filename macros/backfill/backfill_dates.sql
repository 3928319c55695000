{#- An SQL text whose open as-of date (see as_of_day) is a column: each date that rests on it becomes the same
    date counted from there. sql: as compiled. day: SQL of the as-of date. -#}
{% macro backfill_dated(sql, day='calendar.as_of_date') %}
  {%- set dated = namespace(sql=sql) -%}
  {%- for found in modules.re.findall("cast\\('[0-9-]{10}@[^']*' as date\\)", sql) | unique(case_sensitive=true) -%}
    {%- set dated.sql = dated.sql.replace(found, backfill_date(found[6:-10], day)) -%}
  {%- endfor -%}
  {{- return(dated.sql) -}}
{% endmacro %}

{#- SQL of one date of the catalogue. text: YYYY-MM-DD, which stays as it is, or with an @ and how it was moved. -#}
{% macro backfill_date(text, day='calendar.as_of_date') %}
  {%- if '@' not in text -%}{{- return("cast('" ~ text ~ "' as date)") -}}{%- endif -%}
  {%- set moved = text.split('@')[1].split(' ') -%}
  {%- if moved | length == 1 -%}{{- return(day) -}}{%- endif -%}
  {%- if moved | length == 2 -%}{{- return('cast(' ~ dbt.dateadd(moved[1], moved[0] | int, day) ~ ' as date)') -}}{%- endif -%}
  {{- return('cast(' ~ dbt.dateadd(moved[2], moved[0] | int, dbt.date_trunc(moved[2], day)) ~ ' as date)') -}}
{% endmacro %}

{#- Whether an SQL text holds the open as-of date. -#}
{% macro backfill_is_dated(sql) %}
  {{- return(modules.re.search("cast\\('[0-9-]{10}@", sql or '') is not none) -}}
{% endmacro %}

{#- The dates that count as recorded, and for each day the first of them that knows the facts of that day.

    Tables: calendar (as_of_date), days (day), known_days (day, known_date). from_date, before_date, grain: see
    backfill_plan. -#}
{% macro backfill_calendar(from_date, before_date, grain) %}
  {%- set facts = ref('int_segment_facts__united') -%}
  {%- set found = run_query('select cast(coalesce(min(occurred_date), ' ~ sql_string(from_date) ~ ') as string) from ' ~ facts) -%}
  {%- set oldest = [found.rows[0][0], from_date] | min -%}
  {%- do backfill_create('days', 'select cast(period_date as date) as day from ' ~ period_series('day', "cast('" ~ oldest ~ "' as date)", "cast('" ~ before_date ~ "' as date)")) -%}
  {%- do backfill_create('calendar', 'select day as as_of_date from ' ~ backfill_table('days')
      ~ " where day >= cast('" ~ from_date ~ "' as date) and day < cast('" ~ before_date ~ "' as date)"
      ~ (' and ' ~ period_of('day', grain) ~ ' = day' if grain != 'day' else '')) -%}
  {%- do backfill_create('known_days', 'select occurred_date as day, enters_date as known_date from (' ~ backfill_window_days('', '@') ~ ') as entered') -%}
{% endmacro %}

{#- The days of a window: for each day the recorded date from which on it lies within (enters_date) and the one
    from which on it no longer does (leaves_date). Both ends of a window only ever move forward.
    first: text of its first day as in the catalogue, none or empty = no beginning. until: the day after its last. -#}
{% macro backfill_window_days(first, until) %}
    with ends as (
        select
            calendar.as_of_date,
            {{ backfill_date(first) if first else "cast('0001-01-01' as date)" }} as first_day,
            least({{ backfill_date(until) }}, calendar.as_of_date) as until_day
        from {{ backfill_table('calendar') }} as calendar
    ),

    moved as (
        select
            as_of_date,
            first_day,
            until_day,
            coalesce(lag(first_day) over (order by as_of_date nulls last), cast('0001-01-01' as date)) as former_first_day,
            coalesce(lag(until_day) over (order by as_of_date nulls last), cast('0001-01-01' as date)) as former_until_day
        from ends
    ),

    entering as (
        select
            days.day,
            moved.as_of_date
        from {{ backfill_table('days') }} as days
        inner join moved on days.day >= moved.former_until_day and days.day < moved.until_day
    ),

    leaving as (
        select
            days.day,
            moved.as_of_date
        from {{ backfill_table('days') }} as days
        inner join moved on days.day >= moved.former_first_day and days.day < moved.first_day
    )

    select
        entering.day as occurred_date,
        entering.as_of_date as enters_date,
        coalesce(leaving.as_of_date, {{ backfill_end() }}) as leaves_date
    from entering
    left join leaving on entering.day = leaving.day
    where coalesce(leaving.as_of_date > entering.as_of_date, true)
{% endmacro %}

{#- The first recorded date that knows a day; NULL where none of the range does. day: SQL date. known: alias of known_days, left joined on it. -#}
{% macro backfill_known_date(day, known) %}
  {{- return('case when ' ~ day ~ ' is null then null when ' ~ known ~ '.known_date is not null then ' ~ known ~ '.known_date when '
      ~ day ~ ' < (select min(day) from ' ~ backfill_table('days') ~ ') then (select min(as_of_date) from ' ~ backfill_table('calendar') ~ ') end') -}}
{% endmacro %}
