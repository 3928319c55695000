{#- count, days_since, never, or nothing: how often, or how long ago. Returns a list of leaves.

    asked: the aggregate as written, an empty list for none. -#}
{% macro segment_event_count(context, node, path, event, aggregate, asked) %}
  {%- set measured = 'last_date' if aggregate == 'days_since' else 'count' -%}
  {%- set measure = segment_measure(context, event, measured, 'date' if measured == 'last_date' else 'count') -%}
  {%- set subject = {'kind': 'number', 'aggregate': aggregate, 'canonical': measure.canonical, 'observed_key': measure.name.replace('last_date_', 'days_since_'), 'is_never_null': aggregate != 'days_since',
      'words': ('days since the last ' if aggregate == 'days_since' else 'number of ') ~ measure.words,
      'column': days_between('measures.' ~ measure.name, as_of_date()) if aggregate == 'days_since' else 'coalesce(measures.' ~ measure.name ~ ', 0)'} -%}
  {%- do subject.update({'observed': 'cast(' ~ subject.column ~ ' as string)'}) -%}
  {%- if not asked or aggregate == 'never' -%}
    {%- if asked and node.never is not sameas true -%}{%- do segment_fail(context, path ~ '.never', segment_shown(node.never), 'true (for the opposite leave never out)') -%}{%- endif -%}
    {%- set leaf = segment_condition(context, {'eq': 0} if asked else {'gte': 1}, subject, 'eq' if asked else 'gte', path) -%}
    {{- return([dict(leaf, path=path, words=('no ' if asked else 'at least one ') ~ measure.words)]) -}}
  {%- endif -%}
  {%- set names = ['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'between', 'in', 'not_in'] -%}
  {%- set place = path ~ '.' ~ aggregate -%}
  {%- if node[aggregate] is not mapping or not node[aggregate] -%}
    {%- do segment_fail(context, place, segment_shown(node[aggregate]), 'a mapping such as {gte: 2}, of ' ~ names | join(', ')) -%}
  {%- endif -%}
  {%- set compared = segment_text_keys(node[aggregate]) -%}
  {%- for key in compared -%}
    {%- if key not in names -%}{%- do segment_fail(context, place, "operator '" ~ segment_plain(key, 60) ~ "'", names | join(', '), key, names) -%}{%- endif -%}
    {%- set values = compared[key] if compared[key] is sequence and compared[key] is not string and compared[key] is not mapping else [compared[key]] -%}
    {%- for value in values -%}
      {%- if value is not integer or value is boolean or value < 0 -%}
        {%- do segment_fail(context, place ~ '.' ~ key ~ ('[' ~ loop.index0 ~ ']' if values is sameas compared[key] else ''), segment_shown(value), 'a whole number, 0 or more') -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endfor -%}
  {{- return(segment_comparisons(context, dict(compared, on_null=node.on_null) if 'on_null' in node else compared, subject, place, [], names)) -}}
{% endmacro %}

{#- sum, avg, min, max, distinct, first, last of a property with the comparisons beside it: a list of leaves. -#}
{% macro segment_event_property(context, node, path, event, aggregate) %}
  {%- set words = context.event_words -%}
  {%- set field = segment_field(context, node[aggregate], path ~ '.' ~ aggregate, event.scope) -%}
  {%- set names = words.comparisons if aggregate in ('first', 'last') else words.numbers -%}
  {%- set compared = {} -%}
  {%- for key, value in node.items() if key in words.comparisons + ['on_null', 'case'] -%}{%- do compared.update({key: value}) -%}{%- endfor -%}
  {%- set operators = compared.keys() | reject('in', ['on_null', 'case']) | list -%}
  {%- if not operators -%}
    {%- do segment_fail(context, path, 'no comparison beside ' ~ aggregate, names | join(', ') ~ (' (between is a window: write gte and lte)' if 'between' in node else '')) -%}
  {%- endif -%}
  {%- set kind = field.kind -%}
  {%- if aggregate != 'distinct' and kind == 'attribute' -%}
    {%- set spoken_of = segment_attribute_kind(context.operators[operators[0]], compared[operators[0]]) -%}
    {%- if aggregate in ('first', 'last') -%}{%- set kind = spoken_of if spoken_of in ('number', 'date') else 'attribute' -%}
    {%- else -%}{%- set kind = 'date' if aggregate in ('min', 'max') and spoken_of == 'date' else 'number' -%}{%- endif -%}
  {%- endif -%}
  {%- set fitting = {'sum': ['number'], 'avg': ['number'], 'min': ['number', 'date'], 'max': ['number', 'date']}.get(aggregate, [kind]) -%}
  {%- if kind not in fitting -%}
    {%- do segment_fail(context, path ~ '.' ~ aggregate, aggregate ~ ' of ' ~ field.words ~ ' (' ~ kind ~ ')', aggregate ~ ' of a ' ~ fitting | join(' or a ')) -%}
  {%- endif -%}
  {%- set column = segment_typed_column(context, field, 'text' if kind == 'attribute' else kind) -%}
  {%- set as_amount = aggregate in ('sum', 'avg', 'min', 'max') and kind == 'number' -%}
  {%- set value = {'amount': column} if as_amount else {'detail': 'cast(' ~ column ~ ' as string)', 'is_stepped': aggregate in ('first', 'last')} -%}
  {%- set kept_as = 'count' if aggregate == 'distinct' else {'number': 'amount', 'date': 'date'}.get(kind, 'text') -%}
  {%- set measure = segment_measure(context, dict(event, value=value), aggregate, kept_as, field.canonical) -%}
  {%- set sql = 'measures.' ~ measure.name -%}
  {%- if aggregate == 'distinct' -%}{%- set sql = 'coalesce(' ~ sql ~ ', 0)' -%}
  {%- elif kind == 'boolean' -%}{%- set sql = 'try_cast(' ~ sql ~ ' as boolean)' -%}{%- endif -%}
  {%- set spoken = {'sum': 'sum of ', 'avg': 'average ', 'min': 'smallest ', 'max': 'largest ', 'distinct': 'number of different ', 'first': 'first ', 'last': 'last '} -%}
  {%- set subject = {'kind': 'number' if aggregate == 'distinct' else kind, 'column': sql, 'canonical': measure.canonical, 'aggregate': aggregate, 'observed_key': measure.name, 'is_never_null': aggregate == 'distinct',
      'words': spoken[aggregate] ~ field.words ~ ' of ' ~ measure.words, 'observed': segment_short_number(sql) if kept_as == 'amount' else 'cast(' ~ sql ~ ' as string)',
      'is_personal': kept_as in ('text', 'date') and field.words.startswith('properties.')} -%}
  {{- return(segment_comparisons(context, compared, subject, path, [], names)) -}}
{% endmacro %}

{#- Keep a measure once and return {name, words, canonical}.

    event: {scope, where, window, value}; value: {amount, detail, is_stepped}, what of each event counts.
    aggregate: what is taken of it. kind: count, date, amount or text. property: its name in the rule. -#}
{% macro segment_measure(context, event, aggregate, kind, property=none) %}
  {%- set canonical = ['event', event.scope.event, event.where.canonical, aggregate, property, event.window.canonical] -%}
  {%- set name = aggregate ~ '_' ~ (local_md5(tojson([canonical, kind]))[:12]) -%}
  {%- set words = segment_plain(event.scope.event, 200) ~ event.where.words ~ event.window.words -%}
  {%- if name not in context.measures -%}
    {%- do context.measures.update({name: {
        'condition': segment_event_condition(context, event, event.get('value', {})), 'aggregate': aggregate, 'kind': kind,
        'from_date': event.window.first, 'before_date': event.window.until, 'words': aggregate ~ (' of ' ~ property if property else '') ~ ': ' ~ words,
    }}) -%}
  {%- endif -%}
  {{- return({'name': name, 'words': words, 'canonical': canonical}) -}}
{% endmacro %}

{#- Keep an event condition once, under a hash of what it selects and keeps of each event; returns the hash. -#}
{% macro segment_event_condition(context, event, value) %}
  {%- set kept = {
      'event': event.scope.event, 'sql': event.where.sql | join(' and ') or 'true', 'amount': value.get('amount'), 'detail': value.get('detail'),
      'is_stepped': value.get('is_stepped', false), 'uses_products': event.scope.uses_products,
      'words': segment_plain(event.scope.event ~ event.where.words, 300),
  } -%}
  {%- set id = local_md5(tojson([kept.event, event.where.sql, kept.amount, kept.detail, kept.is_stepped]))[:12] -%}
  {%- do context.conditions.update({id: kept}) -%}
  {{- return(id) -}}
{% endmacro %}
