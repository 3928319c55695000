{#- The fields that a rule may use: dict of name to kind (text, number, boolean, date, timestamp).

    Read from the documented columns of model `customers`; usable at execute time only. Raises an
    error for a column without a data type or with one that no operator knows. -#}
{% macro segment_fields() %}
  {%- set node = graph.nodes.get('model.customer_segmentation.customers') -%}
  {%- if not node -%}
    {%- do exceptions.raise_compiler_error('Segments need the documented columns of model customers: it is missing or disabled.') -%}
  {%- endif -%}
  {%- set kinds = {
      'string': 'text', 'varchar': 'text', 'text': 'text', 'int': 'number', 'integer': 'number', 'smallint': 'number',
      'bigint': 'number', 'decimal': 'number', 'numeric': 'number', 'double': 'number', 'float': 'number',
      'boolean': 'boolean', 'date': 'date', 'timestamp': 'timestamp',
  } -%}
  {%- set fields = {'location': 'place'} -%}
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

{#- What a rule compares, as {column, kind, words, canonical, observed, observed_key}.

    kind is `attribute` for attributes.x and properties.x (the compared value decides). context:
    compilation state. name: what the rule wrote. path: where. scope: the columns of an event, or none for
    those of customers. A timestamp is compared by its local date. Raises a named error for a field that
    does not exist. -#}
{% macro segment_field(context, name, path, scope=none) %}
  {%- if scope is not none -%}{{- return(segment_event_field(context, name, path, scope)) -}}{%- endif -%}
  {%- if name is not string -%}
    {%- do segment_fail(context, path, segment_shown(name), 'the name of a column of customers, or attributes.x') -%}
  {%- elif name == 'primary_segment' -%}
    {%- do segment_fail(context, path, 'primary_segment', 'any other column of customers (this one is computed from the segments)') -%}
  {%- elif name == 'attributes' or name.startswith('attributes.') -%}
    {%- do segment_check_key(context, path, name, 'attributes') -%}
    {%- set column = json_get_text('customers.attributes', name[11:]) -%}
    {{- return({'kind': 'attribute', 'column': column, 'list_column': json_get_texts('customers.attributes', name[11:]), 'words': name, 'canonical': name,
        'observed': column, 'observed_key': name}) -}}
  {%- endif -%}
  {%- set kind = context.fields.get(name) -%}
  {%- if not kind -%}
    {%- do segment_fail(context, path, segment_shown(name), 'a column of customers (see models/marts/customers.yml), location or attributes.x', name, context.fields.keys() | list) -%}
  {%- endif -%}
  {%- set column = 'customers.' ~ name -%}
  {%- if kind == 'timestamp' -%}{%- set column = local_date(column) -%}{%- endif -%}
  {%- set subject = {'kind': 'date' if kind == 'timestamp' else kind, 'column': column, 'words': name, 'canonical': name,
      'observed': segment_short_number(column) if kind == 'number' and 'decimal' in graph.nodes['model.customer_segmentation.customers'].columns[name].data_type else 'cast(' ~ column ~ ' as string)', 'observed_key': name} -%}
  {%- if kind == 'place' -%}
    {%- do subject.update({'column': '(customers.latitude + customers.longitude)', 'latitude': 'customers.latitude', 'longitude': 'customers.longitude',
        'observed': "cast(customers.latitude as string) || ', ' || cast(customers.longitude as string)"}) -%}
  {%- endif -%}
  {{- return(subject) -}}
{% endmacro %}

{#- Check the name of a key of a JSON column, such as attributes.device.os. column: attributes or properties. -#}
{% macro segment_check_key(context, path, name, column) %}
  {%- if not modules.re.match('^' ~ column ~ '([.][A-Za-z_][A-Za-z0-9_]{0,59}){1,5}\\Z', name) -%}
    {%- do segment_fail(context, path, segment_shown(name), column ~ '.x, where x is letters, digits and _ (a.b for a nested key)') -%}
  {%- endif -%}
{% endmacro %}
