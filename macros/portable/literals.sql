{#- A text as an SQL string literal. value: any text; quotes (and, on Spark, backslashes) are escaped. -#}
{% macro sql_string(value) %}
  {{- return(adapter.dispatch('sql_string', 'customer_segmentation')(value)) -}}
{% endmacro %}

{% macro default__sql_string(value) %}
  {{- return("'" ~ (value | string).replace("'", "''") ~ "'") -}}
{% endmacro %}

{% macro spark__sql_string(value) %}
  {{- return("'" ~ (value | string).replace("\\", "\\\\").replace("'", "\\'") ~ "'") -}}
{% endmacro %}

{#- A list of texts as an SQL list of literals: 'a', 'b'. values: list; an empty one stands as '', which
    no trimmed value equals, where () would be no SQL and NULL would match nothing either way. -#}
{% macro sql_strings(values) %}
  {%- set literals = [] -%}
  {%- for value in values -%}{%- do literals.append(sql_string(value)) -%}{%- endfor -%}
  {{- return(literals | join(', ') or "''") -}}
{% endmacro %}
