{#- Make the tables of source segment_state where they are missing, empty, and columns that an older version
    did not have.

    Runs as on-run-start: models read what earlier runs recorded before they record anew. -#}
{% macro prepare_segment_state() %}
  {%- if not execute or only_looks() -%}{{- return('') -}}{%- endif -%}
  {%- for table in own_sources(['segment_state']) -%}
    {%- set model = graph.nodes['model.customer_segmentation.' ~ table.name] -%}
    {%- set relation = api.Relation.create(database=model.database, schema=model.schema, identifier=model.alias, type='table') -%}
    {%- set existing = adapter.get_relation(model.database, model.schema, model.alias) -%}
    {%- if existing -%}
      {#- Asked one by one: to look the columns up would begin a transaction that dbt rolls back. -#}
      {%- for column in table.columns.values() -%}
        {%- do run_query('alter table ' ~ existing ~ ' add column if not exists ' ~ column.name ~ ' ' ~ column.data_type) -%}
      {%- endfor -%}
    {%- else -%}
      {%- set columns = [] -%}
      {%- for column in table.columns.values() -%}{%- do columns.append(column.name ~ ' ' ~ column.data_type) -%}{%- endfor -%}
      {%- do run_query('create schema if not exists ' ~ model.schema) -%}
      {%- do run_query('create table if not exists ' ~ model.schema ~ '.' ~ model.alias ~ ' (' ~ columns | join(', ') ~ ')') -%}
      {#- dbt has looked already; it must know of the table to replace it. -#}
      {%- do adapter.cache_added(relation) -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}
