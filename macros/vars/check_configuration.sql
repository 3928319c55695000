{#- Check the vars and the segments, without any query; stops at the first mistake with one line. -#}
{% macro check_configuration() %}
  {%- do check_names_are_ours() -%}
  {%- do check_vars() -%}
  {%- do segment_check() -%}
{% endmacro %}
