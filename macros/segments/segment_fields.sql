{#- The fields that a rule may use: dict of name to kind (text, number, boolean, date, timestamp).

    Read from the documented columns of model `customers`; usable at execute time only. Raises an
    error for a column without a data type or with one that no operator knows. -#}
{% macro segment_fields() %}
  {%- set node = graph.nodes.get('model.' ~ project_name ~ '.customers') -%}
  {%- if not node -%}
    {%- do exceptions.raise_compiler_error('Segments need the documented columns of model customers: it is missing or disabled.') -%}
  {%- endif -%}
  {%- set kinds = {
      'string': 'text', 'varchar': 'text', 'text': 'text', 'int': 'number', 'integer': 'number', 'smallint': 'number',
      'bigint': 'number', 'decimal': 'number', 'numeric': 'number', 'double': 'number', 'float': 'number',
      'boolean': 'boolean', 'date': 'date', 'timestamp': 'timestamp',
  } -%}
  {%- set fields = {} -%}
  {%- for name, column in node.columns.items() if name != 'primary_segment' -%}
    {%- set kind = kinds.get((column.data_type or '').split('(')[0] | lower | trim) -%}
    {%- if not kind -%}
      {%- do exceptions.raise_compiler_error(
          'Column customers.' ~ name ~ ' has data_type ' ~ (column.data_type or 'nothing') ~ '; segments know: ' ~ kinds.keys() | join(', ') ~ '.'
      ) -%}
    {%- endif -%}
    {%- do fields.update({name: kind}) -%}
  {%- endfor -%}
  {{- return(fields) -}}
{% endmacro %}

{#- The SQL of a field and its kind: {column, kind}; kind is `attribute` for attributes.x (the value decides).

    context: compilation state. name: what the rule wrote. path: where. A timestamp is compared by its
    local date. Raises a named error for a field that does not exist. -#}
{% macro segment_field(context, name, path) %}
  {%- if name is not string -%}
    {%- do segment_fail(context, path, segment_shown(name), 'the name of a column of customers, or attributes.x') -%}
  {%- elif name == 'primary_segment' -%}
    {%- do segment_fail(context, path, 'primary_segment', 'any other column of customers (this one is computed from the segments)') -%}
  {%- elif name == 'attributes' or name.startswith('attributes.') -%}
    {%- if not modules.re.match('^attributes([.][A-Za-z_][A-Za-z0-9_]{0,59}){1,5}\\Z', name) -%}
      {%- do segment_fail(context, path, segment_shown(name), 'attributes.x, where x is letters, digits and _ (a.b for a nested key)') -%}
    {%- endif -%}
    {{- return({'kind': 'attribute', 'column': json_get_text('customers.attributes', name[11:])}) -}}
  {%- endif -%}
  {%- set kind = context.fields.get(name) -%}
  {%- if not kind -%}
    {%- do segment_fail(context, path, segment_shown(name), 'a column of customers (see models/marts/customers.yml) or attributes.x', name, context.fields.keys() | list) -%}
  {%- endif -%}
  {%- if kind == 'timestamp' -%}{{- return({'kind': 'date', 'column': local_date('customers.' ~ name)}) -}}{%- endif -%}
  {{- return({'kind': kind, 'column': 'customers.' ~ name}) -}}
{% endmacro %}
