{#- A whole number that stands for a row's values, NULL or not; the same values give the same number on
    one version of one engine. columns: SQL expressions. -#}
{% macro row_hash(columns) %}
  {{- return(adapter.dispatch('row_hash', 'customer_segmentation')(columns)) -}}
{% endmacro %}

{% macro default__row_hash(columns) %}
  {#- xxhash64 passes over NULL, so that it would not see from which column to which a value moved. -#}
  {%- set known = [] -%}
  {%- for column in columns -%}{%- do known.append(column ~ ' is null') -%}{%- endfor -%}
  {{- return('cast(xxhash64(' ~ (columns + known) | join(', ') ~ ') as decimal(20, 0))') -}}
{% endmacro %}

{% macro duckdb__row_hash(columns) %}
  {{- return('hash(' ~ columns | join(', ') ~ ')') -}}
{% endmacro %}

{#- One row per place of lists of one length, as a select list. columns: dict of the new column to the
    list of SQL expressions that it takes one after the other. -#}
{% macro explode_columns(columns) %}
  {{- return(adapter.dispatch('explode_columns', 'customer_segmentation')(columns)) -}}
{% endmacro %}

{% macro default__explode_columns(columns) %}
  {%- set lists = [] -%}
  {%- for values in columns.values() -%}{%- do lists.append('array(' ~ values | join(', ') ~ ')') -%}{%- endfor -%}
  {{- return('inline(arrays_zip(' ~ lists | join(', ') ~ ')) as (' ~ columns.keys() | join(', ') ~ ')') -}}
{% endmacro %}

{% macro duckdb__explode_columns(columns) %}
  {%- set lists = [] -%}
  {%- for name, values in columns.items() -%}{%- do lists.append('unnest([' ~ values | join(', ') ~ ']) as ' ~ name) -%}{%- endfor -%}
  {{- return(lists | join(',\n        ')) -}}
{% endmacro %}

{#- A timestamp some calendar months and some days later. timestamp, months, days: SQL expressions. -#}
{% macro timestamp_after(timestamp, months, days) %}
  {{- return(adapter.dispatch('timestamp_after', 'customer_segmentation')(timestamp, months, days)) -}}
{% endmacro %}

{% macro default__timestamp_after(timestamp, months, days) %}
  {{- return('(' ~ timestamp ~ ' + make_ym_interval(0, ' ~ months ~ ') + make_dt_interval(' ~ days ~ '))') -}}
{% endmacro %}

{% macro duckdb__timestamp_after(timestamp, months, days) %}
  {{- return('(' ~ timestamp ~ ' + to_months(' ~ months ~ ') + to_days(' ~ days ~ '))') -}}
{% endmacro %}

{#- A group's values by their keys, to be read by packed_value. key: SQL whole number, each once in a group.
    value: SQL expression, never NULL. -#}
{% macro packed_values(key, value) %}
  {{- return(adapter.dispatch('packed_values', 'customer_segmentation')(key, value)) -}}
{% endmacro %}

{% macro default__packed_values(key, value) %}
  {{- return('map_from_entries(collect_list(struct(' ~ key ~ ', ' ~ value ~ ')))') -}}
{% endmacro %}

{% macro duckdb__packed_values(key, value) %}
  {{- return('struct_pack(keys := list(' ~ key ~ '), packed := list(' ~ value ~ '))') -}}
{% endmacro %}

{#- The value that packed_values holds for a key; NULL where there is none. key: whole number. -#}
{% macro packed_value(packed, key) %}
  {{- return(adapter.dispatch('packed_value', 'customer_segmentation')(packed, key)) -}}
{% endmacro %}

{% macro default__packed_value(packed, key) %}{{- return('try_element_at(' ~ packed ~ ', ' ~ key ~ ')') -}}{% endmacro %}

{% macro duckdb__packed_value(packed, key) %}
  {{- return('list_extract(' ~ packed ~ '.packed, list_position(' ~ packed ~ '.keys, ' ~ key ~ '))') -}}
{% endmacro %}

{#- The value of the only row of a group, or of those that a filter after it leaves. value: SQL expression. -#}
{% macro only_value(value) %}
  {{- return(adapter.dispatch('only_value', 'customer_segmentation')(value)) -}}
{% endmacro %}

{% macro default__only_value(value) %}{{- return('first(' ~ value ~ ')') -}}{% endmacro %}

{#- max_by would need many times the memory for lists. -#}
{% macro duckdb__only_value(value) %}{{- return('any_value(' ~ value ~ ')') -}}{% endmacro %}

{#- The type of what packed_values gives. type: SQL type of the values. -#}
{% macro packed_type(type) %}
  {{- return(adapter.dispatch('packed_type', 'customer_segmentation')(type)) -}}
{% endmacro %}

{% macro default__packed_type(type) %}{{- return('map<int, ' ~ type ~ '>') -}}{% endmacro %}

{% macro duckdb__packed_type(type) %}{{- return('struct(keys int[], packed ' ~ type ~ '[])') -}}{% endmacro %}
