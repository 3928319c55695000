{#- Compile a `field:` leaf; several operators on one field are the `all` of as many leaves.

    context: compilation state. node: dict with text keys. path: where it stands. scope: dict of the
    columns that `field` may name (see segment_event_columns); none = those of customers. Returns
    the list of compiled leaves with the end of their path. Raises named errors. -#}
{% macro segment_field_leaves(context, node, path, scope=none) %}
  {%- set field = segment_field(context, node.field, path ~ '.field', scope) -%}
  {{- return(segment_comparisons(context, node, field, path, ['field'], context.operators.keys() | list)) -}}
{% endmacro %}

{#- Compile the operators beside a field or an aggregate.

    subject: {column, kind, words, canonical, observed, ...}. others: keys of the node that are no
    operators. names: the operators that may stand here. Returns a list of leaves. -#}
{% macro segment_comparisons(context, node, subject, path, others, names) %}
  {%- set operators = node.keys() | reject('in', others + ['case', 'on_null']) | list -%}
  {%- for key in operators if key not in names -%}
    {%- do segment_fail(context, path, "operator '" ~ segment_plain(key, 60) ~ "'", names | join(', '), key, names) -%}
  {%- endfor -%}
  {%- if not operators -%}{%- do segment_fail(context, path, 'no operator', names | join(', ')) -%}{%- endif -%}
  {%- set operands = [] -%}
  {%- for name in operators -%}{%- do operands.append(context.operators[name].operand) -%}{%- endfor -%}
  {%- if 'case' in node and node.case not in ('sensitive', 'insensitive') -%}
    {%- do segment_fail(context, path ~ '.case', segment_shown(node.case), 'sensitive or insensitive (the default)') -%}
  {%- elif 'case' in node and 'text' not in operands and 'pattern' not in operands -%}
    {%- do segment_fail(context, path ~ '.case', 'case beside ' ~ operators | join(', '), 'case beside contains, not_contains, starts_with, ends_with, matches, not_matches') -%}
  {%- elif 'on_null' in node and node.on_null is not boolean -%}
    {%- do segment_fail(context, path ~ '.on_null', segment_shown(node.on_null), 'true or false') -%}
  {%- elif 'on_null' in node and ('yes' in operands or subject.get('is_never_null')) -%}
    {%- do segment_fail(context, path ~ '.on_null', 'on_null beside ' ~ (subject.get('aggregate') or operators | join(', ')), 'on_null beside a comparison with what may be unknown') -%}
  {%- endif -%}
  {%- set leaves = [] -%}
  {%- for name in operators -%}
    {%- do leaves.append(dict(segment_condition(context, node, subject, name, path ~ '.' ~ name, names), path=path ~ '.' ~ name)) -%}
  {%- endfor -%}
  {{- return(leaves) -}}
{% endmacro %}

{#- One condition: {sql, words, canonical, observed, observed_key}; sql is true or false, never NULL.

    subject: what is compared. name: the operator. names: those that may stand here, none = all. Raises a named error for an operator unfit for the kind. -#}
{% macro segment_condition(context, node, subject, name, path, names=none) %}
  {%- set operator = context.operators[name] -%}
  {%- set kind = subject.kind if subject.kind != 'attribute' else segment_attribute_kind(operator, node[name]) -%}
  {%- if kind not in operator.kinds -%}
    {%- set fitting = [] -%}
    {%- for other, one in context.operators.items() if kind in one.kinds and (names is none or other in names) -%}{%- do fitting.append(other) -%}{%- endfor -%}
    {%- do segment_fail(context, path, name ~ ' on ' ~ subject.words ~ ' (' ~ kind ~ ')', fitting | join(', ')) -%}
  {%- endif -%}
  {%- set column = segment_typed_column(context, subject, kind) -%}
  {%- set sensitive = operator.operand in ('text', 'pattern') and node.get('case') == 'sensitive' -%}
  {%- set operand = segment_operand(context, path, operator.operand, kind, node[name], name) -%}
  {%- if operator.operand == 'text' and not sensitive -%}
    {%- set column = 'lower(' ~ column ~ ')' -%}
    {%- do operand.update({'sql': 'lower(' ~ operand.sql ~ ')'}) -%}
  {%- endif -%}
  {%- if operator.operand == 'pattern' -%}
    {%- set sql = operator.sql.replace('@c', matches_pattern(column, ('' if sensitive else segment_any_case()) ~ operand.canonical)) -%}
  {%- elif operator.operand == 'texts' -%}{%- set sql = list_compare(column, operator.sql, operand.sql) -%}
  {%- elif operator.operand == 'circle' -%}{%- set sql = 'case when ' ~ column ~ ' is not null then ' ~ segment_distance_km(subject.latitude, subject.longitude, operand) ~ ' <= ' ~ operand.km ~ ' end' -%}
  {%- elif operator.operand == 'anniversary' -%}{%- set sql = segment_anniversary(column, operand.first, operand.until) -%}
  {%- else -%}
    {%- set sql = operator.sql.replace('@f', "cast('" ~ operand.first ~ "' as date)").replace('@u', "cast('" ~ operand.until ~ "' as date)").replace('@c', column).replace('@v', operand.sql | string) -%}
  {%- endif -%}
  {%- set on_null = node.get('on_null', false) and operator.operand != 'yes' -%}
  {{- return({
      'canonical': tojson([subject.canonical, name, kind, operand.canonical, sensitive, on_null]),
      'sql': sql if operator.operand == 'yes' or subject.get('is_never_null') else 'coalesce(' ~ sql ~ ', ' ~ ('true' if on_null else 'false') ~ ')',
      'words': (subject.words ~ ' ' ~ operator.words ~ ' ' ~ operand.words ~ (' (case matters)' if sensitive else '') ~ (' (or unknown)' if on_null else '')) | trim,
      'observed': subject.get('observed'), 'observed_key': subject.get('observed_key'), 'is_personal': subject.get('is_personal', false),
  }) -}}
{% endmacro %}

{#- The SQL of a subject read as a kind; what cannot be read so counts as unknown. -#}
{% macro segment_typed_column(context, subject, kind) %}
  {%- if subject.kind != 'attribute' -%}{{- return(subject.column) -}}{%- endif -%}
  {%- if subject.get('property') -%}
    {%- set column = segment_property(context, subject.property, 'texts' if kind == 'list' else 'text', subject.event) -%}
  {%- else -%}
    {%- set column = subject.list_column if kind == 'list' else subject.column -%}
  {%- endif -%}
  {%- if kind == 'number' -%}{{- return('try_cast(' ~ column ~ ' as decimal(25, 10))') -}}{%- endif -%}
  {%- if kind == 'boolean' -%}{{- return('case ' ~ column ~ " when 'true' then true when 'false' then false end") -}}{%- endif -%}
  {{- return('try_cast(' ~ column ~ ' as date)' if kind == 'date' else column) -}}
{% endmacro %}

{#- What kind an attribute is compared as: its operator or its value says so. -#}
{% macro segment_attribute_kind(operator, value) %}
  {%- if operator.operand in ('date', 'period', 'periods', 'unit', 'anniversary') -%}{{- return('date') -}}{%- endif -%}
  {%- if operator.operand == 'texts' -%}{{- return('list') -}}{%- endif -%}
  {%- if operator.operand in ('text', 'pattern', 'yes') -%}{{- return('text') -}}{%- endif -%}
  {%- set sample = value[0] if operator.operand in ('list', 'pair') and value is sequence and value is not string and value else value -%}
  {%- if sample is boolean -%}{{- return('boolean') -}}{%- endif -%}
  {%- if sample is number -%}{{- return('number') -}}{%- endif -%}
  {{- return('date' if segment_day(sample) else 'text') -}}
{% endmacro %}
