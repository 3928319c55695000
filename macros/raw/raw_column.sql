{#- Expression that reads one contract column in a form staging can try_cast.

    Text is trimmed and blank text is NULL; a timestamp with a zone or an offset becomes UTC;
    nested values become JSON text; a column that is not there is a NULL of the contract's type.
    name: column. contract_type: type in the contract. actual_type: upper-case type found, or none. -#}
{% macro raw_column(name, contract_type, actual_type) %}
  {%- if not actual_type -%}
    {{- return('cast(null as ' ~ contract_type ~ ')') -}}
  {%- elif actual_type in ['VARCHAR', 'STRING'] -%}
    {%- set text = trimmed_text(name) -%}
    {{- return(timestamp_text_in_utc(text) if contract_type == 'timestamp' else text) -}}
  {%- elif actual_type == 'TIMESTAMP WITH TIME ZONE' -%}
    {{- return("timezone('UTC', " ~ name ~ ")" if contract_type in ['timestamp', 'date'] else 'cast(' ~ name ~ ' as string)') -}}
  {%- elif actual_type.startswith('STRUCT') or actual_type.startswith('MAP') or actual_type.endswith(']') or actual_type == 'JSON' -%}
    {{- return('cast(to_json(' ~ name ~ ') as string)') -}}
  {%- elif contract_type == 'string' and actual_type in ['FLOAT', 'DOUBLE'] -%}
    {#- pandas turns whole numbers to floats where one is missing: 1.0 is the id 1. -#}
    {{- return("case when " ~ name ~ " = floor(" ~ name ~ ") and abs(" ~ name ~ ") < 1e15 then cast(cast(" ~ name ~ " as bigint) as string) else cast(" ~ name ~ " as string) end") -}}
  {%- elif contract_type == 'string' or actual_type in ['BLOB', 'BIT', 'UUID', 'INTERVAL'] or actual_type.startswith('TIME_') or actual_type == 'TIME' -%}
    {{- return('cast(' ~ name ~ ' as string)') -}}
  {%- elif contract_type in ['timestamp', 'date'] and not (actual_type.startswith('TIMESTAMP') or actual_type == 'DATE') -%}
    {{- return('cast(' ~ name ~ ' as string)') -}}
  {%- else -%}
    {{- return(name) -}}
  {%- endif -%}
{% endmacro %}

{#- Timestamp text with an offset (2026-03-01T10:00:00+02:00) as UTC text; other text unchanged.
    The usual form of a time without an offset is told by its shape, which spares the patterns. A zone by
    name is made unreadable: one DuckDB would refuse it, another would take the time for UTC. -#}
{% macro timestamp_text_in_utc(text) %}
  {{- return(adapter.dispatch('timestamp_text_in_utc', 'customer_segmentation')(text)) -}}
{% endmacro %}

{% macro default__timestamp_text_in_utc(text) %}
  {{- return(text) -}}
{% endmacro %}

{% macro duckdb__timestamp_text_in_utc(text) %}
  {{- return("case when " ~ text ~ " like '____-__-_____:__:__' then " ~ text
      ~ " when regexp_matches(" ~ text ~ ", ':[0-9.]+ ?[+-][0-9]{2}(:?[0-9]{2})?$')"
      ~ " then coalesce(cast(timezone('UTC', try_cast(replace(replace(" ~ text ~ ", ' +', '+'), ' -', '-') as timestamptz)) as string), " ~ text ~ ")"
      ~ " when regexp_matches(" ~ text ~ ", '^[0-9]{4}-.*[A-Za-z_]$') and not regexp_matches(" ~ text ~ ", '[0-9.](Z|z| ?UTC)$')"
      ~ " then 'zone not read: ' || " ~ text
      ~ " else " ~ text ~ " end") -}}
{% endmacro %}

{#- Text without spaces around it; NULL where blank. name: column. -#}
{% macro trimmed_text(name) %}
  {{- return(adapter.dispatch('trimmed_text', 'customer_segmentation')(name)) -}}
{% endmacro %}

{% macro default__trimmed_text(name) %}
  {{- return("nullif(trim(" ~ name ~ "), '')") -}}
{% endmacro %}

{% macro duckdb__trimmed_text(name) %}
  {#- DuckDB trims slowly. ASCII text from '!' on that does not end in a space needs no trimming. -#}
  {{- return("case when " ~ name ~ " >= '!' and strlen(" ~ name ~ ") = length(" ~ name ~ ") and not ends_with(" ~ name ~ ", ' ') then "
      ~ name ~ " else " ~ default__trimmed_text(name) ~ " end") -}}
{% endmacro %}
