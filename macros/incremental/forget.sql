{#- Forget the rows that a run is about to make anew; the pre-hook of a continued model. table: relation of the model.
    touched: relation. keys: columns of both that say which rows. -#}
{% macro forget_touched(table, touched, keys) %}
  {%- if is_incremental() -%}
    {%- set same = [] -%}
    {%- for key in keys -%}{%- do same.append('touched.' ~ key ~ ' = ' ~ table ~ '.' ~ key) -%}{%- endfor -%}
delete from {{ table }} where exists (select 1 from {{ touched }} as touched where {{ same | join(' and ') }})
  {%- endif -%}
{% endmacro %}

{#- The rows of a relation with column customer_id that a continued model has to make anew, as what stands after FROM:
    those of touched customers, or all of them where it starts from nothing. table, touched: relations. -#}
{% macro customers_to_redo(table, touched) %}
  {%- if not is_incremental() -%}{{- return(table) -}}{%- endif -%}
  {{- return(rows_of_customers(table, touched)) -}}
{% endmacro %}

{#- The rows of some customers of a relation with column customer_id, as what stands after FROM.
    table, touched: relations. -#}
{% macro rows_of_customers(table, touched) %}
  {{- return('(select every_row.* from ' ~ table ~ ' as every_row inner join ' ~ touched ~ ' as touched on every_row.customer_id = touched.customer_id) as redone') -}}
{% endmacro %}
