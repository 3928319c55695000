{#- Whether a document of stg_orders counts: no test, and not in a state of var cancelled_statuses. -#}
{% macro is_counted_document() -%}
    (not orders.is_test and coalesce(orders.status not in ({{ sql_strings(text_list_var('cancelled_statuses')) }}), true))
{%- endmacro %}
