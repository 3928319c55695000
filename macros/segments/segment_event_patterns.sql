{#- first_time, stopped, restarted, regularly: one leaf over one or more measures.

    event: {scope, where, window}. pattern: its name. Definitions: docs/segments.md. -#}
{% macro segment_event_pattern(context, node, path, event, pattern) %}
  {%- set place = path ~ '.' ~ pattern -%}
  {%- set words = segment_plain(event.scope.event, 200) ~ event.where.words -%}
  {%- set canonical = ['event', event.scope.event, event.where.canonical, pattern, none, none] -%}
  {%- if pattern == 'regularly' -%}{{- return(segment_event_regularly(context, node, place, event, canonical, words)) -}}{%- endif -%}
  {%- set period = segment_period(context, place, node[pattern]) -%}
  {%- set first = segment_shifted_day(period, -1) -%}
  {%- set boundary = "cast('" ~ first ~ "' as date)" -%}
  {%- set recent = dict(event, window={'first': first, 'until': as_of_day(), 'canonical': ['in_last', period.canonical], 'words': ''}) -%}
  {%- set earlier = dict(event, window={'first': none, 'until': first, 'canonical': ['until', period.canonical], 'words': ''}) -%}
  {%- if pattern == 'first_time' -%}
    {%- set observed = segment_measure(context, event, 'first_date', 'date').name -%}
    {%- set sql = 'measures.' ~ observed ~ ' >= ' ~ boundary -%}
    {%- set said = 'first ' ~ words ~ ' in the last ' ~ period.words -%}
  {%- elif pattern == 'stopped' -%}
    {%- set observed = segment_measure(context, event, 'last_date', 'date').name -%}
    {%- set sql = 'measures.' ~ observed ~ ' < ' ~ boundary -%}
    {%- set said = 'once ' ~ words ~ ' but none in the last ' ~ period.words -%}
  {%- else -%}
    {%- set observed = segment_measure(context, recent, 'first_date', 'date').name -%}
    {%- set before = segment_measure(context, earlier, 'last_date', 'date').name -%}
    {%- set sql = 'measures.' ~ before ~ ' <= cast(' ~ dbt.dateadd(period.unit, -period.count, 'measures.' ~ observed) ~ ' as date)' -%}
    {%- set said = words ~ ' again in the last ' ~ period.words ~ ' after a pause of at least that' -%}
  {%- endif -%}
  {{- return({'path': place, 'words': said, 'canonical': tojson([canonical, pattern, period.canonical]), 'sql': 'coalesce(' ~ sql ~ ', false)',
      'observed': 'cast(measures.' ~ observed ~ ' as string)', 'observed_key': observed}) -}}
{% endmacro %}

{#- At least so many events in each of the last periods. -#}
{% macro segment_event_regularly(context, node, place, event, canonical, words) %}
  {%- set given = node.regularly -%}
  {%- set parts = {'every': given, 'periods': 3, 'times': 1} -%}
  {%- if given is mapping -%}
    {%- for key in given if key not in parts -%}
      {%- do segment_fail(context, place, "key '" ~ segment_plain(key, 60) ~ "'", 'every, periods, times', key, parts.keys() | list) -%}
    {%- endfor -%}
    {%- do parts.update({'every': none}) -%}
    {%- do parts.update(given) -%}
  {%- endif -%}
  {%- set period = segment_period(context, place ~ ('.every' if given is mapping else ''), parts.every) -%}
  {%- for key, most in [('periods', 60), ('times', 100000)] -%}
    {%- if parts[key] is not integer or parts[key] is boolean or parts[key] < 1 or parts[key] > most -%}
      {%- do segment_fail(context, place ~ '.' ~ key, segment_shown(parts[key]), 'a whole number from 1 to ' ~ most) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if period.count * parts.periods > {'day': 36500, 'week': 5200, 'month': 1200, 'year': 100}[period.unit] -%}
    {%- do segment_fail(context, place, parts.periods ~ ' times ' ~ period.words, 'at most 100 years in all') -%}
  {%- endif -%}
  {%- set met = [] -%}
  {%- for number in range(parts.periods) -%}
    {%- set window = {
        'first': segment_shift(as_of_day(), -(number + 1) * period.count, period.unit), 'until': segment_shift(as_of_day(), -number * period.count, period.unit),
        'canonical': ['period', period.canonical, number], 'words': '',
    } -%}
    {%- set measure = segment_measure(context, dict(event, window=window), 'count', 'count') -%}
    {%- do met.append('coalesce(measures.' ~ measure.name ~ ', 0) >= ' ~ parts.times) -%}
  {%- endfor -%}
  {%- set counted = [] -%}
  {%- for one in met -%}{%- do counted.append('case when ' ~ one ~ ' then 1 else 0 end') -%}{%- endfor -%}
  {%- set meaning = tojson([canonical, 'regularly', period.canonical, parts.periods, parts.times]) -%}
  {{- return({
      'path': place, 'words': words ~ ' at least ' ~ ('once' if parts.times == 1 else parts.times ~ ' times') ~ ' in each of the last ' ~ parts.periods ~ ' periods of ' ~ period.words,
      'canonical': meaning, 'sql': '(' ~ met | join(' and ') ~ ')',
      'observed': 'cast(' ~ counted | join(' + ') ~ " as string) || ' of " ~ parts.periods ~ "'", 'observed_key': 'regularly_' ~ local_md5(meaning)[:12],
  }) -}}
{% endmacro %}
