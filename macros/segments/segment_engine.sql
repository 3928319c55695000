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

{#- The item at a place of a list; NULL beyond its end. list: SQL list. place: SQL whole number from 1 on. -#}
{% macro item_at(list, place) %}
  {{- return(adapter.dispatch('item_at', 'customer_segmentation')(list, place)) -}}
{% endmacro %}

{% macro default__item_at(list, place) %}{{- return('try_element_at(' ~ list ~ ', ' ~ place ~ ')') -}}{% endmacro %}

{% macro duckdb__item_at(list, place) %}{{- return('list_extract(' ~ list ~ ', ' ~ place ~ ')') -}}{% endmacro %}

{#- A list of SQL expressions of one type, in their order. type: what they are, for no expression at all. -#}
{% macro list_of_columns(columns, type) %}
  {%- set items = columns or ['cast(null as ' ~ type ~ ')'] -%}
  {{- return(adapter.dispatch('list_of_columns', 'customer_segmentation')(items | join(',\n            '))) -}}
{% endmacro %}

{% macro default__list_of_columns(items) %}{{- return('array(\n            ' ~ items ~ '\n        )') -}}{% endmacro %}

{% macro duckdb__list_of_columns(items) %}{{- return('[\n            ' ~ items ~ '\n        ]') -}}{% endmacro %}

{#- The expression at a place among many; only that one is computed. NULL at any other place.

    place: SQL whole number. expressions: SQL of one type, the first at place `first`. More than 32 become
    a tree, so that finding one among a thousand takes few comparisons. -#}
{% macro expression_at(place, expressions, first=1, indent='    ') %}
  {%- if not expressions -%}{{- return('cast(null as string)') -}}{%- endif -%}
  {%- set width = namespace(value=1) -%}
  {%- for power in range(4) if width.value * 32 < expressions | length -%}{%- set width.value = width.value * 32 -%}{%- endfor -%}
  {%- set lines = [] -%}
  {%- for start in range(0, expressions | length, width.value) -%}
    {%- if width.value == 1 -%}
      {%- do lines.append('when ' ~ place ~ ' = ' ~ (first + start) ~ ' then ' ~ expressions[start]) -%}
    {%- else -%}
      {%- do lines.append('when ' ~ place ~ ' < ' ~ (first + start + width.value) ~ ' then '
          ~ expression_at(place, expressions[start:start + width.value], first + start, indent ~ '    ')) -%}
    {%- endif -%}
  {%- endfor -%}
  {{- return('case\n' ~ indent ~ '    ' ~ lines | join('\n' ~ indent ~ '    ') ~ '\n' ~ indent ~ 'end') -}}
{% endmacro %}

{#- What a model that counts pairs of small numbers runs first: on DuckDB they may be counted in an array
    instead of a hash table, which takes a third of the time for a thousand segments. -#}
{% macro count_pairs_in_array(is_on) %}
  {{- return(adapter.dispatch('count_pairs_in_array', 'customer_segmentation')(is_on)) -}}
{% endmacro %}

{% macro default__count_pairs_in_array(is_on) %}{{- return('') -}}{% endmacro %}

{% macro duckdb__count_pairs_in_array(is_on) %}
  {{- return('set perfect_ht_threshold = 22' if is_on else 'reset perfect_ht_threshold') -}}
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
