{#- The moment up to which loaded rows are known, as an SQL timestamp literal in UTC; none where all are.

    Var known_at (YYYY-MM-DDTHH:MM:SSZ, or with another offset). Raises a named error for anything else. -#}
{% macro known_at() %}
  {%- set given = var('known_at', none) -%}
  {%- if given is none -%}{{- return(none) -}}{%- endif -%}
  {%- set text = given | string | trim -%}
  {%- set time = '[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?' -%}
  {%- if not is_calendar_day(text[0:10]) or not modules.re.fullmatch(time, text[10:]) -%}
    {%- do exceptions.raise_compiler_error("known_at: '" ~ text ~ "' is not a moment; write YYYY-MM-DDTHH:MM:SSZ in UTC, for example 2026-03-01T04:00:00Z.") -%}
  {%- endif -%}
  {%- set moment = modules.datetime.datetime.fromisoformat(text) -%}
  {%- if moment.tzinfo -%}{%- set moment = moment.astimezone(modules.pytz.utc) -%}{%- endif -%}
  {{- return("timestamp '" ~ moment.strftime('%Y-%m-%d %H:%M:%S.%f') ~ "'") -}}
{% endmacro %}

{#- The rows of a raw table that were loaded by known_at, as SQL: all of them where it is not set. A row whose
    loaded_at is missing was always there; one whose loaded_at can not be read is left to staging, which rejects it.
    rows: select statement with column loaded_at. -#}
{% macro known_rows(rows) %}
  {%- set moment = known_at() -%}
  {%- if moment is none -%}{{- return(rows) -}}{%- endif -%}
  {%- set loaded_at = to_timestamp('delivered.loaded_at') -%}
  {{- return('select * from (' ~ rows ~ ') as delivered where ' ~ loaded_at ~ ' is null or ' ~ loaded_at ~ ' <= ' ~ moment) -}}
{% endmacro %}
