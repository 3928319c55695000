{#- What belongs to this project, whatever the project is called that it is installed in as a package, and however that one
    names its schemas. -#}

{#- The nodes of some of this project's sources, by name. source_names: list of names of sources. -#}
{% macro own_sources(source_names) %}
  {{- return(graph.sources.values() | selectattr('package_name', 'equalto', 'customer_segmentation')
      | selectattr('source_name', 'in', source_names) | sort(attribute='name') | list) -}}
{% endmacro %}

{#- The nodes of this project's models and seeds, by id. resource_types: list of model, seed.

    Kept in `graph` for the run: dbt makes each node anew for whoever asks, tests too. -#}
{% macro own_nodes(resource_types) %}
  {%- set kept = graph.setdefault('own_nodes', []) -%}
  {%- if not kept -%}
    {%- do kept.extend(graph.nodes.values() | selectattr('package_name', 'equalto', 'customer_segmentation')
        | selectattr('resource_type', 'in', ['model', 'seed']) | sort(attribute='unique_id')) -%}
  {%- endif -%}
  {{- return(kept | selectattr('resource_type', 'in', resource_types) | list) -}}
{% endmacro %}

{#- The table of one of this project's models as the last run left it, as a relation.

    A model cannot refer to what comes after it, so a source stands for it; where the root project names schemas in its own way
    (generate_schema_name), the model's own schema goes before that of the source.
    source_name, name: of the source; the model has the same name. -#}
{% macro table_of_last_run(source_name, name) %}
  {%- set declared = source(source_name, name) -%}
  {#- In a unit test the source is rows that the test gives, and there is no graph. -#}
  {%- set node = graph.nodes.get('model.customer_segmentation.' ~ name) if execute and declared.identifier == name else none -%}
  {%- if not node -%}{{- return(declared) -}}{%- endif -%}
  {{- return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias, type='table')) -}}
{% endmacro %}

{#- Stop with one line where the root project has a model, seed or source of the same name as this one: dbt looks for names in the
    root project first, and our models would read its tables. -#}
{% macro check_names_are_ours() %}
  {%- if not execute -%}{{- return('') -}}{%- endif -%}
  {%- set ours = {} -%}
  {%- for node in own_nodes(['model', 'seed']) -%}{%- do ours.update({node.name: true}) -%}{%- endfor -%}
  {%- for node in graph.sources.values() if node.package_name == 'customer_segmentation' -%}
    {%- do ours.update({node.source_name ~ '.' ~ node.name: true}) -%}
  {%- endfor -%}
  {%- for node in graph.nodes.values() | list + graph.sources.values() | list
      if node.package_name != 'customer_segmentation' and node.resource_type in ('model', 'seed', 'snapshot', 'source') -%}
    {%- set name = node.source_name ~ '.' ~ node.name if node.resource_type == 'source' else node.name -%}
    {%- if name in ours -%}
      {%- do exceptions.raise_compiler_error('Names: ' ~ node.resource_type ~ ' ' ~ name ~ ' of ' ~ node.package_name
          ~ ' is also one of customer_segmentation, whose models would read yours; give yours another name and run once with --no-partial-parse (docs/package.md).') -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}
