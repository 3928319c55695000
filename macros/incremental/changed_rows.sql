{#- Whether what changed is little enough to be gone on with: no table has more than var continue_up_to_share of its
    rows in loads that changed. -#}
{% macro are_few_loads_changed() %}
  {%- for row in run_query('select found.table_name from (select table_name, sum(rows) as rows from ' ~ loads_table('found_loads')
      ~ ' group by table_name) as found inner join (select table_name, sum(rows) as rows from ' ~ loads_table('changed_loads')
      ~ ' group by table_name) as changed on found.table_name = changed.table_name where changed.rows > found.rows * ' ~ var('continue_up_to_share')).rows -%}
    {{- return(false) -}}
  {%- endfor -%}
  {{- return(true) -}}
{% endmacro %}

{#- Make one view per raw table of its rows in loads that changed. Their names stand in it as literals, so that
    other files are not opened. is_sound: whether the last run is gone on with; else the views are empty. -#}
{% macro register_changed_rows(is_sound) %}
  {%- for table in staged_raw_tables() -%}
    {%- set loads = [] -%}
    {%- if is_sound -%}
      {%- for row in run_query('select load_id from ' ~ loads_table('changed_loads') ~ " where table_name = '" ~ table.name ~ "' order by load_id").rows -%}
        {%- do loads.append(sql_string(row[0])) -%}
      {%- endfor -%}
    {%- endif -%}
    {%- do run_query('create or replace view ' ~ loads_table(table.name ~ '_changed') ~ ' as select * from ' ~ table.schema ~ '.' ~ table.identifier
        ~ ' where ' ~ ('load_id in (' ~ loads | join(', ') ~ ')' if loads else '1 = 0')) -%}
  {%- endfor -%}
{% endmacro %}

{#- Keep tables that the next run makes anew as this run leaves them: source former. is_whole: whether this run made all
    that goes on from them; else they are emptied. -#}
{% macro keep_former_tables(is_whole) %}
  {%- for table in own_sources(['former']) -%}
    {%- set model = graph.nodes['model.customer_segmentation.' ~ table.name] -%}
    {%- set name, columns = table.schema ~ '.' ~ table.identifier, table.columns.keys() | join(', ') -%}
    {%- do run_query('delete from ' ~ name) -%}
    {%- if is_whole -%}
      {%- do run_query('insert into ' ~ name ~ ' (' ~ columns ~ ') select ' ~ columns ~ ' from ' ~ model.schema ~ '.' ~ model.alias) -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}
