{#- Load a seed by INSERT statements, as dbt does elsewhere: dbt-duckdb would let the database read the file, and it may not
    reach the folder of the project. Values are literals, because DuckDB imports pandas for the first bound one, half a
    second of every refresh; dbt logs the first 512 characters, which are blank here. model: node of the seed. agate_table: its rows. -#}
{% macro duckdb__load_csv_rows(model, agate_table) %}
  {%- set insert = ' ' * 512 ~ 'insert into ' ~ this.render() ~ ' (' ~ get_seed_column_quoted_csv(model, agate_table.column_names) ~ ') values ' -%}
  {%- for chunk in agate_table.rows | batch(get_batch_size()) -%}
    {%- set rows = [] -%}
    {%- for row in chunk -%}
      {%- set values = [] -%}
      {%- for value in row -%}{%- do values.append('null' if value is none else sql_string(value)) -%}{%- endfor -%}
      {%- do rows.append('(' ~ values | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- do adapter.add_query(insert ~ rows | join(', '), abridge_sql_log=True) -%}
  {%- endfor -%}
  {#- What dbt writes beside the compiled files. -#}
  {{- return(insert | trim ~ ' ...') -}}
{% endmacro %}
