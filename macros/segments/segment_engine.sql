{#- The text at a path of a JSON text; NULL where there is none. column: SQL expression.
    path: keys joined by dots, each of letters, digits and _ (checked by the caller). -#}
{% macro json_get_text(column, path) %}
  {{- return(adapter.dispatch('json_get_text', 'customer_segmentation')(column, path)) -}}
{% endmacro %}

{% macro default__json_get_text(column, path) %}
  {{- return('get_json_object(' ~ column ~ ", '$." ~ path ~ "')") -}}
{% endmacro %}

{% macro duckdb__json_get_text(column, path) %}
  {{- return('json_extract_string(' ~ column ~ ", '$." ~ path ~ "')") -}}
{% endmacro %}

{#- How a pattern says that case does not matter, in every alphabet. -#}
{% macro segment_any_case() %}
  {{- return(adapter.dispatch('segment_any_case', 'customer_segmentation')()) -}}
{% endmacro %}

{% macro default__segment_any_case() %}{{- return('(?iu)') -}}{% endmacro %}

{% macro duckdb__segment_any_case() %}{{- return('(?i)') -}}{% endmacro %}

{#- One row per name whose flag is true, out of a row of flags. names: texts. flags: SQL booleans in
    the same order, never NULL. -#}
{% macro explode_flags(names, flags) %}
  {{- return(adapter.dispatch('explode_flags', 'customer_segmentation')(names, flags)) -}}
{% endmacro %}

{% macro default__explode_flags(names, flags) %}
  {%- set pairs = [] -%}
  {%- for name in names -%}{%- do pairs.append('if(' ~ flags[loop.index0] ~ ', ' ~ sql_string(name) ~ ', null)') -%}{%- endfor -%}
  {{- return('explode(array_compact(array(\n        ' ~ pairs | join(',\n        ') ~ '\n    )))') -}}
{% endmacro %}

{% macro duckdb__explode_flags(names, flags) %}
  {%- set texts = [] -%}
  {%- for name in names -%}{%- do texts.append(sql_string(name)) -%}{%- endfor -%}
  {{- return('unnest(list_where(\n        [\n            ' ~ texts | join(',\n            ') ~ '\n        ],\n        [\n            ' ~ flags | join(',\n            ') ~ '\n        ]\n    ))') -}}
{% endmacro %}

{#- A whole number from 0 to 268,435,455 drawn from a text by md5: the same on every engine, for ever.
    text: SQL expression. -#}
{% macro stable_hash(text) %}
  {%- set terms = [] -%}
  {%- for place in range(7) -%}
    {%- do terms.append("(position(substr(md5(" ~ text ~ "), " ~ (place + 1) ~ ", 1) in '0123456789abcdef') - 1) * " ~ 16 ** (6 - place)) -%}
  {%- endfor -%}
  {{- return('(' ~ terms | join('\n            + ') ~ ')') -}}
{% endmacro %}
