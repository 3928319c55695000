{#- A load is what arrives together: a file where a raw table is a folder of files, else the rows of one day of
    loaded_at. It counts as changed when its content is another, so that late, corrected and deleted rows are seen
    whatever they say of themselves.

    Write tables found_loads (the loads that are there now, with the fingerprint of their content) and changed_loads.
    What is known of a file that nobody has touched since is taken over unread. scans: SQL of the rows by table, from
    raw_files. is_sound: whether what the last run left can be relied on. -#}
{% macro find_loads(scans, is_sound) %}
  {%- set found, staged = loads_table('found_loads'), loads_table('staged_loads') -%}
  {%- if not is_sound -%}{%- do run_query('delete from ' ~ staged) -%}{%- endif -%}
  {%- do run_query('delete from ' ~ found) -%}
  {%- for table in staged_raw_tables() if table.name in scans -%}
    {%- set scan = scans[table.name] -%}
    {%- set files = load_files(scan) -%}
    {%- set unread = [] -%}
    {%- for file in files -%}
      {%- set same = "table_name = '" ~ table.name ~ "' and load_file = " ~ sql_string(file.name) ~ ' and file_state = ' ~ sql_string(file.state) -%}
      {%- if file.is_settled and is_sound and run_query('select 1 from ' ~ staged ~ ' where ' ~ same ~ ' limit 1').rows -%}
        {%- do run_query('insert into ' ~ found ~ ' select * from ' ~ staged ~ ' where ' ~ same) -%}
      {%- else -%}{%- do unread.append(file) -%}{%- endif -%}
    {%- endfor -%}
    {%- if unread or not files -%}{%- do run_query('insert into ' ~ found ~ ' ' ~ load_fingerprints(table, scan, unread)) -%}{%- endif -%}
  {%- endfor -%}
  {%- do run_query('delete from ' ~ loads_table('changed_loads')) -%}
  {%- do run_query('insert into ' ~ loads_table('changed_loads')
      ~ ' select coalesce(f.table_name, s.table_name), coalesce(f.load_id, s.load_id), greatest(coalesce(f.rows, 0), coalesce(s.rows, 0)) from '
      ~ found ~ ' as f full outer join ' ~ staged ~ ' as s on f.table_name = s.table_name and f.load_id = s.load_id'
      ~ " where coalesce(f.fingerprint, '') <> coalesce(s.fingerprint, '')") -%}
{% endmacro %}

{#- The select that reads loads and fingerprints their content, in the columns of found_loads. table: source node.
    scan: SQL of its rows. files: those to read, [] for all. -#}
{% macro load_fingerprints(table, scan, files) %}
  {%- set actual = raw_actual_types(scan) -%}
  {%- set columns, names, states = [], [], [] -%}
  {%- for column in table.columns.values() if column.name in actual -%}{%- do columns.append(column.name) -%}{%- endfor -%}
  {%- for file in files -%}
    {%- do names.append(sql_string(file.name)) -%}
    {%- do states.append('when ' ~ sql_string(file.name) ~ ' then ' ~ (sql_string(file.state) if file.is_settled else 'null')) -%}
  {%- endfor -%}
  {%- set file = 'load_file' if 'load_file' in actual else (names[0] if names else 'cast(null as string)') -%}
  {{- return("select '" ~ table.name ~ "', " ~ load_id(actual) ~ ' as load_id, ' ~ "count(*) || ':' || sum(cast(" ~ row_hash(columns) ~ ' as decimal(38, 0))), count(*), '
      ~ file ~ ' as load_file, ' ~ ('case ' ~ file ~ ' ' ~ states | join(' ') ~ ' end' if states else 'null') ~ ' as file_state from ' ~ scan
      ~ (' where load_file in (' ~ names | join(', ') ~ ')' if 'load_file' in actual else '') ~ ' group by load_id, ' ~ ('load_file' if 'load_file' in actual else "'all'")) -}}
{% endmacro %}

{#- The load that a row of a scan belongs to, as SQL text. actual: types of the scan's columns by name; load_file is
    among them where each file is a load. -#}
{% macro load_id(actual) %}
  {%- if 'load_file' in actual -%}{{- return('load_file') -}}{%- endif -%}
  {%- if 'loaded_at' not in actual -%}{{- return("'all'") -}}{%- endif -%}
  {{- return("coalesce(cast(cast(try_cast(loaded_at as timestamp) as date) as string), 'none')") -}}
{% endmacro %}

{#- The files behind a scan, as a list of {name, state, is_settled}. state: size and time of the last change.
    is_settled: that time is at least a minute before the run, so that no later change could bear the same. -#}
{% macro load_files(scan) %}
  {{- return(adapter.dispatch('load_files', 'customer_segmentation')(scan)) -}}
{% endmacro %}

{% macro default__load_files(scan) %}{{- return([]) -}}{% endmacro %}

{% macro duckdb__load_files(scan) %}
  {%- set pattern = modules.re.match("read_(?:csv|parquet)[(]('(?:[^']|'')*')", scan) -%}
  {%- set files = [] -%}
  {%- if pattern -%}
    {%- for row in run_query("select filename, size || ' bytes of ' || last_modified, epoch(last_modified) < "
        ~ (run_started_at.timestamp() - 60) ~ ' from read_blob(' ~ pattern.group(1) ~ ') order by 1').rows -%}
      {%- do files.append({'name': row[0], 'state': row[1], 'is_settled': row[2]}) -%}
    {%- endfor -%}
  {%- endif -%}
  {{- return(files) -}}
{% endmacro %}

{#- The raw tables whose loads are told apart, as source nodes; products are few and read whole each time. -#}
{% macro staged_raw_tables() %}
  {{- return(own_sources(['raw']) | rejectattr('name', 'equalto', 'products') | list) -}}
{% endmacro %}

{#- A table of source loads, as schema.name. name: of the table. -#}
{% macro loads_table(name) %}
  {%- for table in own_sources(['loads']) if table.name == name -%}
    {{- return(table.schema ~ '.' ~ table.identifier) -}}
  {%- endfor -%}
{% endmacro %}

{#- Make the tables of sources loads and former where they are missing, empty. dbt is not asked which are there: it would begin a
    transaction that it rolls back. -#}
{% macro make_loads_tables() %}
  {%- for table in own_sources(['loads', 'former']) if not table.name.endswith('_changed') -%}
    {%- set columns = [] -%}
    {%- for column in table.columns.values() -%}{%- do columns.append(column.name ~ ' ' ~ column.data_type) -%}{%- endfor -%}
    {%- do run_query('create table if not exists ' ~ table.schema ~ '.' ~ table.identifier ~ ' (' ~ columns | join(', ') ~ ')') -%}
  {%- endfor -%}
{% endmacro %}
