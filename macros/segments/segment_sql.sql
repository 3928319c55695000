{#- The select list of the leaf table: one boolean column per distinct leaf, its words above it.
    leaves: from segment_catalogue. -#}
{% macro segment_leaf_columns(leaves) %}
  {%- set lines = [] -%}
  {%- for name in leaves.keys() | sort -%}
    {%- do lines.append('-- ' ~ segment_plain(leaves[name].words, 300) ~ '\n    ' ~ leaves[name].sql ~ ' as ' ~ name) -%}
  {%- endfor -%}
  {{- return(lines | join(',\n    ')) -}}
{% endmacro %}

{#- The select list of the rule table: one boolean column per segment, laid out as its tree.
    segments, leaves: from segment_catalogue. -#}
{% macro segment_rule_columns(segments, leaves) %}
  {%- set columns = [] -%}
  {%- for segment in segments -%}
    {%- set lines = segment_rule_lines(segment.rule, leaves, '        ', '') -%}
    {%- do columns.append('-- ' ~ segment.segment ~ '\n    (\n' ~ lines | join('\n') ~ '\n    ) as in_' ~ segment.segment) -%}
  {%- endfor -%}
  {{- return(columns | join(',\n    ')) -}}
{% endmacro %}

{#- A compiled node as lines of SQL, one leaf a line with its words beside it.
    indent: spaces in front. lead: `and `, `or ` or nothing. -#}
{% macro segment_rule_lines(node, leaves, indent, lead) %}
  {%- if node.kind == 'leaf' -%}
    {{- return([indent ~ lead ~ 'leaves.' ~ node.leaf ~ '  -- ' ~ segment_plain(leaves[node.leaf].words, 100)]) -}}
  {%- endif -%}
  {%- set lines = [indent ~ lead ~ ('not (' if node.kind == 'not' else '(')] -%}
  {%- for part in node.parts -%}
    {%- do lines.extend(segment_rule_lines(part, leaves, indent ~ '    ', '' if loop.first else ('and ' if node.kind == 'all' else 'or '))) -%}
  {%- endfor -%}
  {%- do lines.append(indent ~ ')') -%}
  {{- return(lines) -}}
{% endmacro %}

{#- The segments as rows of a VALUES list. segments: from segment_catalogue. -#}
{% macro segment_value_rows(segments) %}
  {%- set rows = [] -%}
  {%- for segment in segments -%}
    {%- set cells = [] -%}
    {%- for column in ('segment', 'label', 'description', 'layer', 'goal', 'owner', 'reach', 'rule_text', 'rule_hash', 'holdout_salt') -%}
      {%- do cells.append('null' if segment[column] is none else sql_string(segment[column])) -%}
    {%- endfor -%}
    {%- for column in ('priority', 'min_customers', 'max_share', 'holdout_below') -%}
      {%- do cells.append('null' if segment[column] is none else segment[column] | string) -%}
    {%- endfor -%}
    {%- do rows.append('(' ~ cells | join(', ') ~ ')') -%}
  {%- endfor -%}
  {{- return(rows | join(',\n    ')) -}}
{% endmacro %}

{#- The segments that compete for being a customer's one primary segment, the winner first. -#}
{% macro segments_by_priority(segments) %}
  {%- set keyed = [] -%}
  {%- for segment in segments if segment.priority is not none -%}
    {%- do keyed.append(('%07d' % segment.priority) ~ segment.segment) -%}
  {%- endfor -%}
  {%- set names = [] -%}
  {%- for key in keyed | sort(case_sensitive=true) -%}{%- do names.append(key[7:]) -%}{%- endfor -%}
  {{- return(names) -}}
{% endmacro %}
