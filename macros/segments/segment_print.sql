{#- Print the compiled catalogue as one line of JSON, for tools outside dbt (scripts/lint_segments.py):

    {as_of_date, columns: {name: {data_type, is_never_null, values}}, segments: [{segment, priority,
    holdout_salt, holdout_below, level, rule}]}; a rule is a tree of {kind, path, words, parts, canonical,
    segment}. declared: as in segment_catalogue. Usable with dbt run-operation only. -#}
{% macro segment_print_catalogue(declared=none) %}
  {%- set segments = [] -%}
  {%- for one in segment_catalogue(declared).segments -%}
    {%- do segments.append({
        'segment': one.segment, 'priority': one.priority, 'holdout_salt': one.holdout_salt, 'holdout_below': one.holdout_below,
        'level': one.level, 'rule': segment_printed_node(one.rule),
    }) -%}
  {%- endfor -%}
  {%- do print(tojson({'as_of_date': as_of_day(), 'columns': segment_printed_columns(), 'segments': segments})) -%}
{% endmacro %}

{#- A node of a rule with what a reader needs of it, and its parts. -#}
{% macro segment_printed_node(node) %}
  {%- set printed = {'kind': node.kind, 'path': node.path, 'words': segment_plain(node.words, 160)} -%}
  {%- if node.kind == 'leaf' -%}{%- do printed.update({'canonical': node.canonical}) -%}
  {%- elif node.kind == 'segment' -%}{%- do printed.update({'segment': node.segment}) -%}
  {%- else -%}
    {%- set parts = [] -%}
    {%- for part in node.parts -%}{%- do parts.append(segment_printed_node(part)) -%}{%- endfor -%}
    {%- do printed.update({'parts': parts}) -%}
  {%- endif -%}
  {{- return(printed) -}}
{% endmacro %}

{#- What the columns of customers are and what their tests promise: dict of name to {data_type,
    is_never_null, values}; values = all accepted ones, where a test lists them. -#}
{% macro segment_printed_columns() %}
  {%- set model = 'model.customer_segmentation.customers' -%}
  {%- set columns = {} -%}
  {%- for name, column in graph.nodes[model].columns.items() -%}{%- do columns.update({name: {'data_type': column.data_type}}) -%}{%- endfor -%}
  {%- for test in graph.nodes.values() if test.resource_type == 'test' and test.get('attached_node') == model and test.column_name in columns -%}
    {%- set is_strict = test.config.enabled and test.config.severity | lower == 'error' and not test.config.get('where') -%}
    {%- if is_strict and test.test_metadata.name == 'not_null' -%}
      {%- do columns[test.column_name].update({'is_never_null': true}) -%}
    {%- elif is_strict and test.test_metadata.name == 'accepted_values' -%}
      {%- set given = test.test_metadata.kwargs -%}
      {%- do columns[test.column_name].update({'values': given.get('values', given.get('arguments', {}).get('values'))}) -%}
    {%- endif -%}
  {%- endfor -%}
  {{- return(columns) -}}
{% endmacro %}
