{#- Make one view per table of the input contract, with every column of the contract.

    Runs as on-run-start, so models read plain sources and compile on an empty database.
    Reads files under RAW_DIR on DuckDB, or tables of the warehouse where var raw_schema is set.
    Raises: a named error for a missing required table or column, two files for one table,
    an unreadable file. -#}
{% macro register_raw_tables() %}
  {%- if not execute or only_looks() -%}{{ return('') }}{%- endif -%}
  {%- do check_session() -%}
  {%- set tables = own_sources(['raw', 'checks', 'privacy']) -%}
  {%- set found = raw_files(tables) -%}
  {%- for schema in tables | map(attribute='schema') | unique -%}
    {%- do run_query('create schema if not exists ' ~ schema) -%}
  {%- endfor -%}
  {%- set is_anybody_erased = register_erased_contacts(tables, found) -%}
  {%- for table in tables -%}
    {%- set scan = found.get(table.name) -%}
    {%- if not scan and raw_is_required(table) -%}
      {%- do exceptions.raise_compiler_error(
          "Input: no " ~ table.name ~ " in " ~ raw_location() ~ ". Expected " ~ table.name ~ ".parquet, "
          ~ table.name ~ "/**/*.parquet or " ~ table.name ~ ".csv; set RAW_DIR to the folder that holds your files.") -%}
    {%- endif -%}
    {%- set rows = raw_view_sql(table, scan) -%}
    {%- if is_anybody_erased and table.source_name == 'raw' -%}
      {%- set orders = tables | selectattr('name', 'equalto', 'orders') | first -%}
      {%- set rows = rows_not_erased(table.name, rows, raw_view_sql(orders, found.get('orders'))) -%}
    {%- endif -%}
    {%- do run_query('create or replace view ' ~ table.schema ~ '.' ~ table.identifier ~ ' as ' ~ rows) -%}
  {%- endfor -%}
{% endmacro %}

{#- SQL of the view of one contract table; of a raw one only the rows known at var known_at.
    table: source node. scan: SQL of the table's rows, or none where it is absent. -#}
{% macro raw_view_sql(table, scan) %}
  {%- set actual = raw_actual_types(scan) if scan else {} -%}
  {%- set found = [] -%}
  {%- set missing = [] -%}
  {%- set expressions = [] -%}
  {%- for column in table.columns.values() -%}
    {%- set actual_type = actual.get(column.name) -%}
    {%- if scan and raw_is_required(column) -%}{%- do (found if actual_type else missing).append(column.name) -%}{%- endif -%}
    {%- do expressions.append(raw_column(column.name, column.data_type, actual_type) ~ ' as ' ~ column.name) -%}
  {%- endfor -%}
  {%- if missing and not found -%}
    {#- Then these are no names: they may be a person's values, and are not repeated. -#}
    {%- do exceptions.raise_compiler_error(
        "Input: " ~ table.name ~ " in " ~ raw_location() ~ " has none of the required columns " ~ missing | join(', ')
        ~ ". Rename them (docs/your_data.md); in a CSV the first line must be a header with commas.") -%}
  {%- endif -%}
  {%- if missing -%}
    {%- do exceptions.raise_compiler_error(
        "Input: " ~ table.name ~ " in " ~ raw_location() ~ " lacks the required column(s) " ~ missing | join(', ')
        ~ "; it has " ~ actual.keys() | join(', ') ~ ". Rename or add them (docs/your_data.md).") -%}
  {%- endif -%}
  {#- Staging looks for changed loads by it; no column of the contract. -#}
  {%- if table.source_name == 'raw' -%}{%- do expressions.append(load_id(actual) ~ ' as load_id') -%}{%- endif -%}
  {%- set rows = 'select ' ~ expressions | join(', ') ~ (' from ' ~ scan if scan else ' where false') -%}
  {{- return(known_rows(rows) if table.source_name == 'raw' else rows) -}}
{% endmacro %}

{#- Whether a source table or column of the contract must be there. node: source table or column. -#}
{% macro raw_is_required(node) %}
  {{- return((node.config.meta if node.config else node.meta).get('required', false)) -}}
{% endmacro %}

{#- Where the raw tables are, in words for messages. -#}
{% macro raw_location() %}
  {{- return("schema " ~ var('raw_schema') if var('raw_schema', none) else "RAW_DIR '" ~ env_var('RAW_DIR', 'data/demo') ~ "'") -}}
{% endmacro %}

{#- Stop with one line where the session reads timestamps without a zone as something else than UTC. -#}
{% macro check_session() %}
  {{- return(adapter.dispatch('check_session', 'customer_segmentation')()) -}}
{% endmacro %}

{% macro default__check_session() %}{% endmacro %}

{% macro duckdb__check_session() %}
  {%- set zone = run_query("select current_setting('TimeZone')").rows[0][0] -%}
  {%- if zone not in ('UTC', 'Etc/UTC', 'GMT', 'Etc/GMT', 'Zulu', 'Universal', 'Etc/Universal', 'Etc/Zulu') -%}
    {%- do exceptions.raise_compiler_error("Session: its time zone is " ~ zone ~ "; timestamps here are UTC: write settings: {TimeZone: UTC} "
        ~ "below your target in profiles.yml (var timezone says which days are meant).") -%}
  {%- endif -%}
{% endmacro %}
