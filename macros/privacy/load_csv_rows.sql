{#- Load a seed by INSERT statements, as dbt does elsewhere: dbt-duckdb would let the database read the file, and it may not
    reach the folder of the project. model: node of the seed. agate_table: its rows. -#}
{% macro duckdb__load_csv_rows(model, agate_table) %}
  {{- return(default__load_csv_rows(model, agate_table)) -}}
{% endmacro %}
