{#- Compile an `event:` leaf to a list of leaves (several comparisons are as many).

    context: compilation state; conditions and measures are collected in it. node: dict with text keys.
    path: where it stands. Raises named errors. -#}
{% macro segment_event_leaves(context, node, path) %}
  {%- set words = context.event_words -%}
  {%- set scope = segment_event_scope(context, node.event, path ~ '.event') -%}
  {%- set known = ['event', 'where', 'on_null', 'case'] + words.aggregates + words.patterns + words.windows + words.comparisons -%}
  {%- for key in node if key not in known -%}
    {%- do segment_fail(context, path, "key '" ~ segment_plain(key, 60) ~ "'", known | join(', '), key, known) -%}
  {%- endfor -%}
  {%- set asked = node.keys() | select('in', words.aggregates + words.patterns) | list -%}
  {%- if asked | length > 1 -%}
    {%- do segment_fail(context, path, asked | join(' and '), 'at most one of ' ~ (words.aggregates + words.patterns) | join(', ')) -%}
  {%- endif -%}
  {%- set aggregate = asked[0] if asked else 'count' -%}
  {%- set is_property = aggregate in words.properties -%}
  {%- set compared = node.keys() | select('in', words.comparisons) | list -%}
  {%- if compared and not is_property -%}
    {%- do segment_fail(context, path ~ '.' ~ compared[0], compared[0] ~ ' beside ' ~ (asked[0] if asked else 'event'), 'a comparison inside count or days_since (count: {gte: 2}) or beside ' ~ words.properties | join(', ')) -%}
  {%- elif 'on_null' in node and aggregate not in ['days_since', 'sum', 'avg', 'min', 'max', 'first', 'last'] -%}
    {%- do segment_fail(context, path ~ '.on_null', 'on_null beside ' ~ (asked[0] if asked else 'event'), 'on_null beside days_since, sum, avg, min, max, first, last; nothing else can be unknown') -%}
  {%- elif 'case' in node and not is_property -%}
    {%- do segment_fail(context, path ~ '.case', 'case beside ' ~ (asked[0] if asked else 'event'), 'case beside contains, not_contains, starts_with, ends_with, matches, not_matches') -%}
  {%- endif -%}
  {%- set event = {'scope': scope, 'where': segment_event_where(context, node, path, scope), 'window': segment_event_window(context, node, path)} -%}
  {%- if aggregate in words.patterns -%}
    {%- if event.window.canonical is not none -%}
      {%- do segment_fail(context, path, aggregate ~ ' with a window', aggregate ~ ' with its own period only') -%}
    {%- endif -%}
    {{- return([segment_event_pattern(context, node, path, event, aggregate)]) -}}
  {%- elif is_property -%}
    {{- return(segment_event_property(context, node, path, event, aggregate)) -}}
  {%- endif -%}
  {{- return(segment_event_count(context, node, path, event, aggregate, asked)) -}}
{% endmacro %}

{#- The words that may stand beside `event`, by what they are. -#}
{% macro segment_event_words() %}
  {{- return({
      'aggregates': ['count', 'days_since', 'sum', 'avg', 'min', 'max', 'distinct', 'first', 'last', 'never'],
      'properties': ['sum', 'avg', 'min', 'max', 'distinct', 'first', 'last'],
      'patterns': ['first_time', 'stopped', 'restarted', 'regularly'],
      'windows': ['in_last', 'between', 'between_ago', 'before', 'after'],
      'numbers': ['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in', 'not_in'],
      'comparisons': ['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in', 'not_in', 'contains', 'not_contains', 'starts_with', 'ends_with', 'matches', 'not_matches'],
  }) -}}
{% endmacro %}

{#- Compile `where`: {sql, canonical (list), words}; an empty one where there is none. -#}
{% macro segment_event_where(context, node, path, scope) %}
  {%- if 'where' not in node -%}{{- return({'sql': [], 'canonical': [], 'words': ''}) -}}{%- endif -%}
  {%- set memo = 'where ' ~ [scope.event, node.where] | string -%}
  {%- if memo in context.memo -%}
    {%- do scope.update({'uses_products': context.memo[memo].uses_products}) -%}
    {{- return(context.memo[memo]) -}}
  {%- endif -%}
  {%- if node.where is mapping or node.where is string or node.where is not sequence or not node.where -%}
    {%- do segment_fail(context, path ~ '.where', segment_shown(node.where), 'a list of at least one field condition') -%}
  {%- endif -%}
  {%- set by_meaning = {} -%}
  {%- set words = [] -%}
  {%- for one in node.where -%}
    {%- set place = path ~ '.where[' ~ loop.index0 ~ ']' -%}
    {%- set keys = segment_text_keys(one) if one is mapping else {} -%}
    {%- if 'field' not in keys -%}
      {%- do segment_fail(context, place, segment_shown(one), 'a field condition, such as {field: channel, eq: web}') -%}
    {%- endif -%}
    {%- for leaf in segment_field_leaves(context, keys, place, scope) -%}
      {%- do by_meaning.update({leaf.canonical: leaf.sql}) -%}
      {%- do words.append(leaf.words) -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- set canonical = by_meaning.keys() | sort(case_sensitive=true) -%}
  {%- set sql = [] -%}
  {%- for key in canonical -%}{%- do sql.append(by_meaning[key]) -%}{%- endfor -%}
  {%- do context.memo.update({memo: {'sql': sql, 'canonical': canonical, 'words': ' where ' ~ words | join(' and '), 'uses_products': scope.uses_products}}) -%}
  {{- return(context.memo[memo]) -}}
{% endmacro %}

{#- The days that an event leaf looks at: {first (none = no beginning), until (at most the as-of date),
    canonical (none = all history), words}; days as text. -#}
{% macro segment_event_window(context, node, path) %}
  {%- set given = node.keys() | select('in', context.event_words.windows) | list -%}
  {%- set memo = 'days ' ~ [given[0], node[given[0]]] | string if given | length == 1 else none -%}
  {%- if memo -%}
    {%- if memo in context.memo -%}{{- return(context.memo[memo]) -}}{%- endif -%}
  {%- endif -%}
  {%- if given | length > 1 and given | sort != ['after', 'before'] -%}
    {%- do segment_fail(context, path, given | join(' and '), 'one window: in_last, between, between_ago, before, after, or after with before') -%}
  {%- endif -%}
  {%- set window = {'first': none, 'until': as_of_day(), 'canonical': none, 'words': ''} -%}
  {%- for name in given | sort -%}
    {%- set place = path ~ '.' ~ name -%}
    {%- if name in ('in_last', 'between_ago') -%}
      {%- set found = segment_window_operand(context, place, 'period' if name == 'in_last' else 'periods', node[name], name) -%}
      {%- do window.update({'first': found.first, 'until': found.until, 'canonical': [name, found.canonical], 'words': (' in the last ' if name == 'in_last' else ' between ') ~ found.words}) -%}
    {%- elif name == 'between' -%}
      {%- set allowed = 'two dates, the second later and not included: [2026-01-01, 2026-02-01] (for a range of values write gte and lte)' -%}
      {%- if node.between is string or node.between is mapping or node.between is not sequence or node.between | length != 2 or not segment_day(node.between[0]) or not segment_day(node.between[1]) -%}
        {%- do segment_fail(context, place, segment_shown(node.between), allowed) -%}
      {%- endif -%}
      {%- set first, until = segment_day(node.between[0]), segment_day(node.between[1]) -%}
      {%- if first >= until -%}{%- do segment_fail(context, place, first ~ ' before ' ~ until ~ ', an empty window' if first > until else 'an empty window', allowed) -%}{%- endif -%}
      {%- do window.update({'first': first, 'until': [until, window.until] | min, 'canonical': [name, first, until], 'words': ' from ' ~ first ~ ' until before ' ~ until}) -%}
    {%- else -%}
      {%- set day = segment_value(context, place, 'date', node[name]).canonical -%}
      {%- do window.update({'canonical': (window.canonical or []) + [name, day], 'words': window.words ~ ' ' ~ name ~ ' ' ~ day}) -%}
      {%- do window.update({'first': segment_shift(day, 1, 'day')} if name == 'after' else {'until': [day, window.until] | min, 'before': day}) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if 'before' in window and window.first and window.first >= window.before -%}
    {%- do segment_fail(context, path, 'after ' ~ node.after ~ ' and before ' ~ node.before ~ ', an empty window', 'at least one day between the two dates') -%}
  {%- endif -%}
  {%- if memo -%}{%- do context.memo.update({memo: window}) -%}{%- endif -%}
  {{- return(window) -}}
{% endmacro %}
