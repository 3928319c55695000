{#- Columns of customers by what one pass makes of them: dict of name to {source, sql}; sql is an expression
    over columns of that source where the column itself is none of them. -#}
{% macro backfill_columns() %}
  {%- set day = "cast('2000-01-01@' as date)" -%}
  {%- set columns = {
      'age_years': {'source': 'attributes', 'sql': age_in_years('customers.birth_date', day)},
      'recency_days': {'source': 'purchases', 'sql': days_between('customers.last_order_date', day)},
      'tenure_days': {'source': 'purchases', 'sql': 'cast(' ~ days_between('customers.first_order_date', day) ~ ' - 1 as int)'},
      'recency_age_days': {'source': 'purchases', 'sql': days_between('customers.first_order_date', 'customers.last_order_date')},
      'repeat_frequency': {'source': 'purchases', 'sql': 'cast(nullif(customers.frequency, 0) - 1 as int)'},
      'average_order_value': {'source': 'purchases', 'sql': 'cast(cast(customers.monetary as double) / nullif(customers.orders, 0) as decimal(18, 4))'},
      'engagement_recency_days': {'source': 'engagements', 'sql': days_between('customers.engagement_date', day)},
      'engagement_frequency': {'source': 'engagements', 'sql': none},
  } -%}
  {%- for name in ['first_order_date', 'last_order_date', 'frequency', 'monetary', 'orders', 'lifecycle_stage'] -%}{%- do columns.update({name: {'source': 'purchases', 'sql': none}}) -%}{%- endfor -%}
  {%- for name in ['r_score', 'f_score', 'm_score', 'rfm_segment', 'engagement_segment', 'value_tier', 'value_decile', 'cumulative_revenue_share'] -%}
    {%- do columns.update({name: {'source': none, 'reason': 'ranks a customer among others'}}) -%}
  {%- endfor -%}
  {%- for name in ['repeat_monetary', 'as_of_date', 'primary_segment'] -%}{%- do columns.update({name: {'source': none, 'reason': 'is not among the fields of the one pass'}}) -%}{%- endfor -%}
  {{- return(columns) -}}
{% endmacro %}

{#- What one pass makes of a condition: {source, sql, names, value, reason}.

    source: attributes, purchases, engagements, measures, lists. names: columns or measures asked for. sql: over
    alias customers or measures, the open as-of date in it. value: where the result depends on the as-of date,
    the one expression that it depends on beside it. reason: why one pass cannot, none where it can.
    leaf, catalogue: from segment_catalogue. -#}
{% macro backfill_leaf(leaf, catalogue) %}
  {%- set bare = modules.re.sub("'(?:[^']|'')*'", "''", leaf.sql) -%}
  {%- if 'stays.' in bare -%}{{- return({'reason': leaf.words ~ ': asks for earlier memberships'}) -}}{%- endif -%}
  {%- set lists = modules.re.findall('\\blists\\.list_([a-z0-9_]+)', bare) -%}
  {%- if lists -%}{{- return({'source': 'lists', 'names': lists, 'sql': leaf.sql, 'value': none, 'reason': none}) -}}{%- endif -%}
  {%- set measures = modules.re.findall('\\bmeasures\\.([a-z0-9_]+)', bare) | unique | list -%}
  {%- for name in measures -%}
    {%- set one = catalogue.measures[name] -%}
    {%- if one.aggregate == 'sequence' -%}{{- return({'reason': leaf.words ~ ': a sequence'}) -}}{%- endif -%}
    {%- set condition = catalogue.conditions[one.condition] -%}
    {%- if backfill_is_dated(condition.sql ~ condition.amount ~ condition.detail) -%}{{- return({'reason': leaf.words ~ ': its where changes with the date'}) -}}{%- endif -%}
    {%- if measures | length > 1 and one.kind not in ('count', 'date') -%}{{- return({'reason': leaf.words ~ ': several values'}) -}}{%- endif -%}
  {%- endfor -%}
  {%- if measures -%}{{- return(backfill_leaf_value({'source': 'measures', 'names': measures, 'sql': leaf.sql, 'reason': none}, leaf)) -}}{%- endif -%}
  {%- set columns = backfill_columns() -%}
  {%- set found = {'source': 'attributes', 'names': [], 'sql': leaf.sql, 'reason': none} -%}
  {%- for name in modules.re.findall('\\bcustomers\\.([a-z0-9_]+)', bare) | unique -%}
    {%- set column = columns.get(name, {'source': 'attributes', 'sql': none}) -%}
    {%- if column.source is none -%}{{- return({'reason': leaf.words ~ ': ' ~ name ~ ' ' ~ column.reason}) -}}{%- endif -%}
    {%- do found.names.append(name) -%}
    {%- do found.update({'source': column.source}) -%}
    {%- if column.sql -%}{%- do found.update({'sql': backfill_replaced(found.sql, 'customers.' ~ name, column.sql)}) -%}{%- endif -%}
  {%- endfor -%}
  {{- return(backfill_leaf_value(found, leaf)) -}}
{% endmacro %}

{#- The same with what beside the as-of date a result depends on. found: as backfill_leaf returns it. -#}
{% macro backfill_leaf_value(found, leaf) %}
  {%- do found.update({'value': none}) -%}
  {%- if not backfill_is_dated(found.sql) -%}{{- return(found) -}}{%- endif -%}
  {%- set read_as_date = 'try_cast(' ~ (leaf.observed or '') ~ ' as date)' -%}
  {%- set columns = modules.re.findall('\\b(?:customers|measures)\\.[a-z0-9_]+', modules.re.sub("'(?:[^']|'')*'", "''", found.sql)) | unique | list -%}
  {%- set value = read_as_date if read_as_date in found.sql else columns[0] -%}
  {%- if local_date(value) in found.sql -%}{%- set value = local_date(value) -%}{%- endif -%}
  {%- set sql = found.sql.replace(value, 'spans.value') if value.endswith(')') else backfill_replaced(found.sql, value, 'spans.value') -%}
  {%- if modules.re.search('\\b(?:customers|measures)\\.', modules.re.sub("'(?:[^']|'')*'", "''", sql)) -%}
    {%- do found.update({'reason': leaf.words ~ ': compares several columns with the date'}) -%}
  {%- endif -%}
  {%- do found.update({'value': value, 'sql': sql}) -%}
  {{- return(found) -}}
{% endmacro %}

{#- An SQL text with a column replaced outside of its literals. column: alias and name. by: SQL. -#}
{% macro backfill_replaced(sql, column, by) %}
  {%- set parts = [] -%}
  {%- for part in modules.re.split("('(?:[^']|'')*')", sql) -%}
    {%- do parts.append(part if loop.index0 % 2 else modules.re.sub('\\b' ~ column.replace('.', '[.]') ~ '\\b', by.replace('\\', '\\\\'), part)) -%}
  {%- endfor -%}
  {{- return(parts | join) -}}
{% endmacro %}

{#- Why one pass cannot compute a segment, or none, by segment. catalogue: from segment_catalogue. -#}
{% macro backfill_reasons(catalogue) %}
  {%- set by_leaf, reasons = {}, {} -%}
  {%- for name, leaf in catalogue.leaves.items() -%}{%- do by_leaf.update({name: backfill_leaf(leaf, catalogue).reason}) -%}{%- endfor -%}
  {%- for segment in catalogue.segments | sort(attribute='level') -%}
    {%- set inside = backfill_nodes(segment.rule) -%}
    {%- set found = [] -%}
    {%- for name in inside.leaves if by_leaf[name] -%}{%- do found.append(segment_plain(by_leaf[name], 200)) -%}{%- endfor -%}
    {%- for name in inside.segments if reasons[name] -%}{%- do found.append('refers to ' ~ name) -%}{%- endfor -%}
    {%- do reasons.update({segment.segment: found[0] if found else none}) -%}
  {%- endfor -%}
  {{- return(reasons) -}}
{% endmacro %}

{#- The names of the leaves and of the segments in a rule: {leaves, segments}. node: a compiled rule. -#}
{% macro backfill_nodes(node) %}
  {%- set leaves, segments = [], [] -%}
  {%- if node.kind == 'leaf' -%}{%- do leaves.append(node.leaf) -%}{%- endif -%}
  {%- if node.kind == 'segment' -%}{%- do segments.append(node.segment) -%}{%- endif -%}
  {%- for part in node.get('parts') or [] -%}
    {%- set inside = backfill_nodes(part) -%}
    {%- do leaves.extend(inside.leaves) -%}
    {%- do segments.extend(inside.segments) -%}
  {%- endfor -%}
  {{- return({'leaves': leaves | unique | list, 'segments': segments | unique | list}) -}}
{% endmacro %}

{#- Some segments and all those that they refer to, lowest level first: compiled segments. segments: names. -#}
{% macro backfill_with_references(catalogue, segments) %}
  {%- set wanted = {} -%}
  {%- for name in segments -%}{%- do wanted.update({name: true}) -%}{%- endfor -%}
  {%- set ordered = [] -%}
  {%- for segment in catalogue.segments | sort(attribute='level', reverse=true) -%}
    {%- if segment.segment in wanted -%}
      {%- for other in backfill_nodes(segment.rule).segments -%}{%- do wanted.update({other: true}) -%}{%- endfor -%}
      {%- do ordered.insert(0, segment) -%}
    {%- endif -%}
  {%- endfor -%}
  {{- return(ordered) -}}
{% endmacro %}

{#- The conditions of some segments as a list of {leaf_no, name, is_met_by_default, ...} (see backfill_leaf).
    is_met_by_default: the result for a customer of whom nothing is known but that it exists. -#}
{% macro backfill_leaves(catalogue, segments) %}
  {%- set names = [] -%}
  {%- for segment in segments -%}{%- do names.extend(backfill_nodes(segment.rule).leaves) -%}{%- endfor -%}
  {%- set leaves = [] -%}
  {%- for name in names | unique | sort -%}
    {%- set one = backfill_leaf(catalogue.leaves[name], catalogue) -%}
    {%- do leaves.append(dict(one, name=name, leaf_no=loop.index, is_met_by_default=backfill_default(one, catalogue))) -%}
  {%- endfor -%}
  {{- return(leaves) -}}
{% endmacro %}

{#- Whether a condition holds for a customer without any fact. leaf: from backfill_leaf. -#}
{% macro backfill_default(leaf, catalogue) %}
  {%- if leaf.source in ('attributes', 'lists') -%}{{- return(false) -}}{%- endif -%}
  {%- set columns = [] -%}
  {%- if leaf.source == 'measures' -%}
    {%- for name in leaf.names -%}{%- do columns.append('cast(null as ' ~ ledger_value_types()[catalogue.measures[name].kind] ~ ') as ' ~ name) -%}{%- endfor -%}
  {%- else -%}
    {%- do columns.extend(["cast(null as date) as first_order_date", "cast(null as date) as last_order_date", "0 as frequency", "cast(0 as decimal(18, 4)) as monetary",
        "0 as orders", "'prospect' as lifecycle_stage", "0 as engagement_frequency", "cast(null as date) as engagement_date"]) -%}
  {%- endif -%}
  {%- set alias = 'measures' if leaf.source == 'measures' else 'customers' -%}
  {%- set sql = leaf.sql if not leaf.value else leaf.sql.replace('spans.value', 'cast(null as date)') -%}
  {%- set found = run_query('select ' ~ backfill_dated(sql) ~ ' as is_met from (select ' ~ columns | join(', ') ~ ') as ' ~ alias
      ~ " cross join (select cast('2000-01-01' as date) as as_of_date) as calendar") -%}
  {{- return(found.rows[0][0]) -}}
{% endmacro %}
