{#- The select list of the leaf table: one boolean column per distinct leaf, its words above it.
    leaves: from segment_catalogue. -#}
{% macro segment_leaf_columns(leaves) %}
  {%- set lines = [] -%}
  {%- for name in leaves.keys() | sort -%}
    {%- do lines.append('-- ' ~ segment_plain(leaves[name].words, 300) ~ '\n    ' ~ leaves[name].sql ~ ' as ' ~ name) -%}
  {%- endfor -%}
  {{- return(lines | join(',\n    ')) -}}
{% endmacro %}

{#- The select list of the rule table for some segments: one boolean column each, laid out as its tree.
    segments: of one level. leaves: from segment_catalogue. -#}
{% macro segment_rule_columns(segments, leaves) %}
  {%- set columns = [] -%}
  {%- for segment in segments -%}
    {%- set lines = segment_rule_lines(segment.rule, leaves, '        ', '') -%}
    {%- do columns.append('-- ' ~ segment.segment ~ '\n' ~ segment_aliased(lines, 'in_' ~ segment.segment, '        ')) -%}
  {%- endfor -%}
  {{- return(columns | join(',\n        ')) -}}
{% endmacro %}

{#- A compiled node as lines of SQL over leaf_ and in_ columns, one condition a line with its words beside it.
    indent: spaces in front. lead: `and `, `or ` or nothing. -#}
{% macro segment_rule_lines(node, leaves, indent, lead) %}
  {%- if node.kind == 'leaf' -%}
    {{- return([indent ~ lead ~ node.leaf ~ '  -- ' ~ segment_plain(leaves[node.leaf].words, 100)]) -}}
  {%- elif node.kind == 'segment' -%}
    {{- return([indent ~ lead ~ 'in_' ~ node.segment]) -}}
  {%- endif -%}
  {%- set lines = [indent ~ lead ~ ('not (' if node.kind == 'not' else '(')] -%}
  {%- for part in node.parts -%}
    {%- do lines.extend(segment_rule_lines(part, leaves, indent ~ '    ', '' if loop.first else ('and ' if node.kind == 'all' else 'or '))) -%}
  {%- endfor -%}
  {%- do lines.append(indent ~ ')') -%}
  {{- return(lines) -}}
{% endmacro %}

{#- The lines of an expression as one column. A comment after a single condition goes in front of it. -#}
{% macro segment_aliased(lines, name, indent) %}
  {%- if lines | length > 1 -%}{{- return(lines | join('\n') ~ ' as ' ~ name) -}}{%- endif -%}
  {%- set column, comment = lines[0].partition('  -- ')[0], lines[0].partition('  -- ')[2] -%}
  {{- return((indent ~ '-- ' ~ comment ~ '\n' if comment else '') ~ column ~ ' as ' ~ name) -}}
{% endmacro %}

{#- The segments by level: a list of lists, the segments that refer to no other first. -#}
{% macro segments_by_level(segments) %}
  {%- set levels = [] -%}
  {%- for segment in segments -%}
    {%- for missing in range(segment.level + 1 - levels | length) -%}{%- do levels.append([]) -%}{%- endfor -%}
    {%- do levels[segment.level].append(segment) -%}
  {%- endfor -%}
  {{- return(levels) -}}
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

{#- The columns of the rule table, one per segment in their order. segments: from segment_catalogue. -#}
{% macro segment_flags(segments) %}
  {%- set columns = [] -%}
  {%- for segment in segments -%}{%- do columns.append('in_' ~ segment.segment) -%}{%- endfor -%}
  {{- return(columns) -}}
{% endmacro %}

{#- Dicts as the body of a relation: a VALUES list, or as many NULLs in no row.
    rows: dicts. texts, others: names of the cells that are texts and of those that stand as they are.
    place: name of a cell, one of the others, that counts the rows from 1. -#}
{% macro value_rows(rows, texts, others=[], place=none) %}
  {%- if not rows -%}{{- return('select ' ~ (['null'] * (texts + others) | length) | join(', ') ~ '\n    where 1 = 0') -}}{%- endif -%}
  {%- set lines, literals = [], {none: 'null'} -%}
  {%- for row in rows -%}
    {%- set cells = [] -%}
    {%- for name in texts -%}
      {%- set text = row[name] -%}
      {%- if text not in literals -%}{%- do literals.update({text: sql_string(text)}) -%}{%- endif -%}
      {%- do cells.append(literals[text]) -%}
    {%- endfor -%}
    {%- set number = loop.index -%}
    {%- for name in others -%}
      {%- set value = number if name == place else row[name] -%}
      {%- do cells.append('null' if value is none else value | string | lower) -%}
    {%- endfor -%}
    {%- do lines.append('(' ~ cells | join(', ') ~ ')') -%}
  {%- endfor -%}
  {{- return('values\n    ' ~ lines | join(',\n    ')) -}}
{% endmacro %}
