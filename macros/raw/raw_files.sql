{#- SQL that scans each raw table, by table name; a table that is not there has no entry.
    tables: list of source nodes. Raises a named error where a table has two forms. -#}
{% macro raw_files(tables) %}
  {{- return(adapter.dispatch('raw_files', 'customer_segmentation')(tables)) -}}
{% endmacro %}

{% macro default__raw_files(tables) %}
  {#- Other engines read tables of the warehouse. -#}
  {%- set found = {} -%}
  {%- for table in tables -%}
    {%- set relation = adapter.get_relation(
        var('raw_database', none) or target.database, var('raw_schema', none) or 'raw',
        var('raw_' ~ table.name ~ '_identifier', table.name)) -%}
    {%- if relation -%}{%- do found.update({table.name: relation | string}) -%}{%- endif -%}
  {%- endfor -%}
  {{- return(found) -}}
{% endmacro %}

{% macro duckdb__raw_files(tables) %}
  {%- set found = {} -%}
  {%- set file_tables = [] -%}
  {%- for table in tables -%}
    {%- if table.source_name == 'raw' and var('raw_schema', none) -%}
      {%- set relation = api.Relation.create(database=var('raw_database', none) or target.database, schema=var('raw_schema'),
          identifier=var('raw_' ~ table.name ~ '_identifier', table.name)) -%}
      {#- dbt is not asked: to look would begin a transaction, and dbt would roll back all that is done before the first model. -#}
      {%- set rows = run_query('select table_name from information_schema.tables where lower(table_catalog) = lower(' ~ sql_string(relation.database)
          ~ ') and lower(table_schema) = lower(' ~ sql_string(relation.schema) ~ ') and lower(table_name) = lower(' ~ sql_string(relation.identifier) ~ ')').rows -%}
      {%- if rows | length > 0 -%}{%- do found.update({table.name: relation | string}) -%}{%- endif -%}
    {%- else -%}{%- do file_tables.append(table) -%}{%- endif -%}
  {%- endfor -%}
  {%- set globs = [] -%}
  {%- for table in file_tables -%}
    {%- set folder = env_var('RAW_DIR', 'data/demo') if table.source_name == 'raw'
        else env_var('WAREHOUSE_DIR', 'warehouse') ~ '/' ~ {'checks': 'input_checks'}.get(table.source_name, table.source_name) -%}
    {%- for ending in ['.parquet', '/**/*.parquet', '.csv'] -%}
      {%- set pattern = sql_string(folder ~ '/' ~ table.name ~ ending) -%}
      {%- do globs.append("select '" ~ table.name ~ "' as table_name, " ~ pattern ~ " as pattern, count(*) as files from glob(" ~ pattern ~ ")") -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- for row in (run_query(globs | join(' union all ')) if globs else []) if row[2] > 0 -%}
    {%- if row[0] in found -%}
      {%- do exceptions.raise_compiler_error(
          "Input: " ~ row[0] ~ " is there twice in " ~ raw_location() ~ ", also as " ~ row[1] ~ "; keep one form.") -%}
    {%- endif -%}
    {#- skip and comment are said because the reader would guess them, and leave out lines in silence. -#}
    {%- set reader = "read_csv(" ~ sql_string(row[1]) ~ ", header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', skip = 0, comment = '')"
        if row[1].endswith('.csv') else
        "read_parquet(" ~ sql_string(row[1]) ~ ", union_by_name = true, hive_partitioning = " ~ ('**' in row[1])
        ~ (", filename = 'load_file'" if '**' in row[1] else '') ~ ")" -%}
    {%- do found.update({row[0]: reader}) -%}
  {%- endfor -%}
  {{- return(found) -}}
{% endmacro %}

{#- Types of a scan's columns, by lower-case name. scan: SQL of a relation. -#}
{% macro raw_actual_types(scan) %}
  {%- set types = {} -%}
  {%- for row in run_query('describe select * from ' ~ scan) -%}
    {%- do types.update({row[0] | lower: row[1] | upper}) -%}
  {%- endfor -%}
  {{- return(types) -}}
{% endmacro %}
