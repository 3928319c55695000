{#- Compile a `field:` leaf; several operators on one field are the `all` of as many leaves.

    context: compilation state. node: dict with text keys. path: where it stands. Returns the list of
    compiled leaves. Raises named errors. -#}
{% macro segment_field_leaves(context, node, path) %}
  {%- set field = segment_field(context, node.field, path ~ '.field') -%}
  {%- set operators = [] -%}
  {%- for key in node if key not in ('field', 'case', 'on_null') -%}
    {%- if key in segment_later_words().field -%}
      {%- do segment_fail(context, path ~ '.' ~ key, 'an operator that is not supported yet', context.operators.keys() | join(', ')) -%}
    {%- elif key not in context.operators -%}
      {%- do segment_fail(context, path, "operator '" ~ segment_plain(key, 60) ~ "'", context.operators.keys() | join(', '), key, context.operators.keys() | list) -%}
    {%- endif -%}
    {%- do operators.append(key) -%}
  {%- endfor -%}
  {%- if not operators -%}
    {%- do segment_fail(context, path, 'no operator', context.operators.keys() | join(', ')) -%}
  {%- endif -%}
  {%- set operands = [] -%}
  {%- for name in operators -%}{%- do operands.append(context.operators[name].operand) -%}{%- endfor -%}
  {%- if 'case' in node and node.case not in ('sensitive', 'insensitive') -%}
    {%- do segment_fail(context, path ~ '.case', segment_shown(node.case), 'sensitive or insensitive (the default)') -%}
  {%- elif 'case' in node and 'text' not in operands and 'pattern' not in operands -%}
    {%- do segment_fail(context, path ~ '.case', 'case beside ' ~ operators | join(', '), 'case beside contains, not_contains, starts_with, ends_with, matches, not_matches') -%}
  {%- elif 'on_null' in node and node.on_null is not boolean -%}
    {%- do segment_fail(context, path ~ '.on_null', segment_shown(node.on_null), 'true or false') -%}
  {%- elif 'on_null' in node and 'yes' in operands -%}
    {%- do segment_fail(context, path ~ '.on_null', 'on_null beside ' ~ operators | join(', '), 'on_null beside an operator that compares') -%}
  {%- endif -%}
  {%- set leaves = [] -%}
  {%- for name in operators -%}
    {%- do leaves.append(segment_condition(context, node, field, name, path ~ '.' ~ name)) -%}
  {%- endfor -%}
  {{- return(leaves) -}}
{% endmacro %}

{#- One condition on a field: {sql, words, canonical}; sql is true or false, never NULL.

    field: {column, kind}. name: the operator. Raises a named error for an operator unfit for the kind. -#}
{% macro segment_condition(context, node, field, name, path) %}
  {%- set operator = context.operators[name] -%}
  {%- set kind = field.kind if field.kind != 'attribute' else segment_attribute_kind(operator, node[name]) -%}
  {%- if kind not in operator.kinds -%}
    {%- set fitting = [] -%}
    {%- for other, one in context.operators.items() if kind in one.kinds -%}{%- do fitting.append(other) -%}{%- endfor -%}
    {%- do segment_fail(context, path, name ~ ' on ' ~ node.field ~ ' (' ~ kind ~ ')', fitting | join(', ')) -%}
  {%- endif -%}
  {%- set column = field.column -%}
  {%- if field.kind == 'attribute' and kind in ('number', 'date') -%}
    {%- set column = 'try_cast(' ~ column ~ ' as ' ~ ('decimal(25, 10)' if kind == 'number' else 'date') ~ ')' -%}
  {%- endif -%}
  {%- set sensitive = operator.operand in ('text', 'pattern') and node.get('case') == 'sensitive' -%}
  {%- set operand = segment_operand(context, path, operator.operand, kind, node[name], name) -%}
  {%- if operator.operand == 'text' and not sensitive -%}
    {%- set column = 'lower(' ~ column ~ ')' -%}
    {%- do operand.update({'sql': 'lower(' ~ operand.sql ~ ')'}) -%}
  {%- elif operator.operand == 'pattern' -%}
    {%- set column = matches_pattern(column, ('' if sensitive else segment_any_case()) ~ operand.canonical) -%}
  {%- elif field.kind == 'attribute' and kind == 'boolean' and operator.operand == 'scalar' -%}
    {%- do operand.update({'sql': "'" ~ operand.sql ~ "'"}) -%}
  {%- endif -%}
  {%- set on_null = node.get('on_null', false) and operator.operand != 'yes' -%}
  {%- set sql = operator.sql.replace('@c', column) if operator.operand == 'pattern' else operator.sql.replace('@d', as_of_date()).replace('@c', column).replace('@v', operand.sql) -%}
  {{- return({
      'canonical': tojson([node.field, name, kind, operand.canonical, sensitive, on_null]),
      'sql': sql if operator.operand == 'yes' else 'coalesce(' ~ sql ~ ', ' ~ ('true' if on_null else 'false') ~ ')',
      'words': (node.field ~ ' ' ~ operator.words ~ ' ' ~ operand.words ~ (' (case matters)' if sensitive else '') ~ (' or is unknown' if on_null else '')) | trim,
  }) -}}
{% endmacro %}

{#- What kind an attribute is compared as: its operator or its value says so. -#}
{% macro segment_attribute_kind(operator, value) %}
  {%- if operator.operand in ('date', 'period') -%}{{- return('date') -}}{%- endif -%}
  {%- if operator.operand in ('text', 'pattern', 'yes') -%}{{- return('text') -}}{%- endif -%}
  {%- set sample = value[0] if operator.operand in ('list', 'pair') and value is sequence and value is not string and value else value -%}
  {%- if sample is boolean -%}{{- return('boolean') -}}{%- endif -%}
  {%- if sample is number -%}{{- return('number') -}}{%- endif -%}
  {{- return('date' if segment_day(sample) else 'text') -}}
{% endmacro %}

{#- The value of an operator as {sql, canonical, words}. operand: what it must be. kind: the field's. -#}
{% macro segment_operand(context, path, operand, kind, value, name) %}
  {%- if value is none -%}
    {%- do segment_fail(context, path, segment_shown(value), 'a value (for a missing one write is_null: true)') -%}
  {%- elif operand == 'yes' -%}
    {%- if value is not sameas true -%}{%- do segment_fail(context, path, segment_shown(value), 'true (for the opposite use not:)') -%}{%- endif -%}
    {{- return({'sql': '', 'canonical': true, 'words': ''}) -}}
  {%- elif operand == 'period' -%}
    {%- set period = segment_period(context, path, value) -%}
    {%- set day = segment_shifted_day(period, 1 if name == 'in_next' else -1) -%}
    {{- return({'sql': "cast('" ~ day ~ "' as date)", 'canonical': period.canonical, 'words': period.words}) -}}
  {%- elif operand in ('list', 'pair') -%}
    {{- return(segment_operand_list(context, path, operand, kind, value)) -}}
  {%- endif -%}
  {%- set one = segment_value(context, path, kind, value) -%}
  {%- if operand in ('text', 'pattern') and value == '' -%}{%- do segment_fail(context, path, 'an empty text', 'at least one character (for a blank field write is_blank: true)') -%}{%- endif -%}
  {%- if operand == 'pattern' -%}{%- do segment_check_pattern(context, path, value) -%}{%- endif -%}
  {{- return(one) -}}
{% endmacro %}

{#- A list of values, or the two ends of `between` (both included). -#}
{% macro segment_operand_list(context, path, operand, kind, value) %}
  {%- set allowed = 'two values, the lower first: [low, high]' if operand == 'pair' else 'a list of at least one value: [a, b]' -%}
  {%- if value is string or value is mapping or value is not sequence -%}{%- do segment_fail(context, path, segment_shown(value), allowed) -%}
  {%- elif not value or (operand == 'pair' and value | length != 2) -%}{%- do segment_fail(context, path, 'a list of ' ~ value | length, allowed) -%}{%- endif -%}
  {%- set by_sql = {} -%}
  {%- set ends = [] -%}
  {%- for item in value -%}
    {%- set one = segment_value(context, path ~ '[' ~ loop.index0 ~ ']', kind, item) -%}
    {%- do by_sql.update({one.sql: one}) -%}
    {%- do ends.append(one) -%}
  {%- endfor -%}
  {%- if operand == 'pair' -%}
    {%- if ends[0].order > ends[1].order -%}{%- do segment_fail(context, path, ends[0].words ~ ' before ' ~ ends[1].words, allowed) -%}{%- endif -%}
    {{- return({'sql': ends[0].sql ~ ' and ' ~ ends[1].sql, 'canonical': [ends[0].canonical, ends[1].canonical], 'words': ends[0].words ~ ' and ' ~ ends[1].words}) -}}
  {%- endif -%}
  {%- set kept = [] -%}
  {%- for key in by_sql.keys() | sort(case_sensitive=true) -%}{%- do kept.append(by_sql[key]) -%}{%- endfor -%}
  {{- return({'sql': kept | map(attribute='sql') | join(', '), 'canonical': kept | map(attribute='canonical') | list, 'words': kept | map(attribute='words') | join(', ')}) -}}
{% endmacro %}
