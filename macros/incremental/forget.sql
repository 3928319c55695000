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
  {{- return(customers_of(table, touched)) -}}
{% endmacro %}

{#- The rows of a relation with column customer_id of some customers, as what stands after FROM. table, customers: relations. -#}
{% macro customers_of(table, customers) %}
  {{- return('(select every_row.* from ' ~ table ~ ' as every_row inner join ' ~ customers ~ ' as touched on every_row.customer_id = touched.customer_id) as redone') -}}
{% endmacro %}
