{#- Make the tables of source segment_state where they are missing, empty.

    Runs as on-run-start: models read what earlier runs recorded before they record anew. -#}
{% macro prepare_segment_state() %}
  {%- if not execute -%}{{- return('') -}}{%- endif -%}
  {%- for table in graph.sources.values() | selectattr('source_name', 'equalto', 'segment_state') | sort(attribute='name') -%}
    {%- if not adapter.get_relation(table.database, table.schema, table.identifier) -%}
      {%- set columns = [] -%}
      {%- for column in table.columns.values() -%}{%- do columns.append(column.name ~ ' ' ~ column.data_type) -%}{%- endfor -%}
      {%- do run_query('create schema if not exists ' ~ table.schema) -%}
      {%- do run_query('create table if not exists ' ~ table.schema ~ '.' ~ table.identifier ~ ' (' ~ columns | join(', ') ~ ')') -%}
      {#- dbt has looked already; it must know of the table to replace it. -#}
      {%- do adapter.cache_added(api.Relation.create(database=table.database, schema=table.schema, identifier=table.identifier, type='table')) -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}
