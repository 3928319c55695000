{#- Whether a text matches a pattern anywhere. text: SQL expression. pattern: regular expression that
    RE2 and Java read alike (no backslashes). -#}
{% macro matches_pattern(text, pattern) %}
  {{- return(adapter.dispatch('matches_pattern', 'customer_segmentation')(text, pattern)) -}}
{% endmacro %}

{% macro default__matches_pattern(text, pattern) %}
  {{- return('(' ~ text ~ ' rlike ' ~ sql_string(pattern) ~ ')') -}}
{% endmacro %}

{% macro duckdb__matches_pattern(text, pattern) %}
  {{- return('regexp_matches(' ~ text ~ ', ' ~ sql_string(pattern) ~ ')') -}}
{% endmacro %}

{#- Whether a text is JSON; NULL for NULL. text: SQL expression. -#}
{% macro is_json(text) %}
  {{- return(adapter.dispatch('is_json', 'customer_segmentation')(text)) -}}
{% endmacro %}

{% macro default__is_json(text) %}
  {{- return("(from_json(" ~ text ~ ", 'string') is not null)") -}}
{% endmacro %}

{% macro duckdb__is_json(text) %}
  {{- return('json_valid(' ~ text ~ ')') -}}
{% endmacro %}

{#- JSON object as text. pairs: dict of key to SQL expression, kept in this order; NULLs stay in it. -#}
{% macro json_object(pairs) %}
  {{- return(adapter.dispatch('json_object', 'customer_segmentation')(pairs)) -}}
{% endmacro %}

{% macro default__json_object(pairs) %}
  {%- set arguments = [] -%}
  {%- for key, expression in pairs.items() -%}{%- do arguments.append(sql_string(key) ~ ', ' ~ expression) -%}{%- endfor -%}
  {{- return("to_json(named_struct(" ~ arguments | join(', ') ~ "), map('ignoreNullFields', 'false'))") -}}
{% endmacro %}

{% macro duckdb__json_object(pairs) %}
  {%- set arguments = [] -%}
  {%- for key, expression in pairs.items() -%}{%- do arguments.append(sql_string(key) ~ ', ' ~ expression) -%}{%- endfor -%}
  {{- return('cast(json_object(' ~ arguments | join(', ') ~ ') as string)') -}}
{% endmacro %}

{#- The largest but one of a column's values in a group; NULL where there is none.
    column: SQL expression. condition: rows that count. -#}
{% macro second_largest(column, condition) %}
  {{- return(adapter.dispatch('second_largest', 'customer_segmentation')(column, condition)) -}}
{% endmacro %}

{% macro default__second_largest(column, condition) %}
  {{- return('try_element_at(sort_array(collect_list(' ~ column ~ ') filter (where ' ~ condition ~ '), false), 2)') -}}
{% endmacro %}

{% macro duckdb__second_largest(column, condition) %}
  {{- return('list_extract(max(' ~ column ~ ', 2) filter (where ' ~ condition ~ '), 2)') -}}
{% endmacro %}

{#- First day of each calendar period from one date to another, as a relation with column period_date.
    grain: month or week. first, last: SQL dates. -#}
{% macro period_series(grain, first, last) %}
  {{- return(adapter.dispatch('period_series', 'customer_segmentation')(grain, first, last)) -}}
{% endmacro %}

{% macro default__period_series(grain, first, last) %}
  {{- return('(select explode(sequence(' ~ first ~ ', ' ~ last ~ ', interval 1 ' ~ grain ~ ')) as period_date)') -}}
{% endmacro %}

{% macro duckdb__period_series(grain, first, last) %}
  {{- return('(select cast(unnest(generate_series(cast(' ~ first ~ ' as timestamp), cast(' ~ last ~ ' as timestamp), interval 1 ' ~ grain ~ ')) as date) as period_date)') -}}
{% endmacro %}
