{#- Make the tables of source segment_state where they are missing, empty, and columns that an older version
    did not have.

    Runs as on-run-start: models read what earlier runs recorded before they record anew. -#}
{% macro prepare_segment_state() %}
  {%- if not execute -%}{{- return('') -}}{%- endif -%}
  {%- for table in graph.sources.values() | selectattr('source_name', 'equalto', 'segment_state') | sort(attribute='name') -%}
    {%- set existing = adapter.get_relation(table.database, table.schema, table.identifier) -%}
    {%- if existing -%}
      {#- Asked one by one: to look the columns up would begin a transaction that dbt rolls back. -#}
      {%- for column in table.columns.values() -%}
        {%- do run_query('alter table ' ~ existing ~ ' add column if not exists ' ~ column.name ~ ' ' ~ column.data_type) -%}
      {%- endfor -%}
    {%- else -%}
      {%- set columns = [] -%}
      {%- for column in table.columns.values() -%}{%- do columns.append(column.name ~ ' ' ~ column.data_type) -%}{%- endfor -%}
      {%- do run_query('create schema if not exists ' ~ table.schema) -%}
      {%- do run_query('create table if not exists ' ~ table.schema ~ '.' ~ table.identifier ~ ' (' ~ columns | join(', ') ~ ')') -%}
      {#- dbt has looked already; it must know of the table to replace it. -#}
      {%- do adapter.cache_added(api.Relation.create(database=table.database, schema=table.schema, identifier=table.identifier, type='table')) -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}
