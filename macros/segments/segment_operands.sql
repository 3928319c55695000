{#- The value of an operator as {sql, canonical, words}, for windows also {first, until} (days as text).

    operand: what it must be (see segment_operators). kind: the field's. name: the operator. Raises a
    named error for any value that does not fit. -#}
{% macro segment_operand(context, path, operand, kind, value, name) %}
  {%- if value is none -%}
    {%- do segment_fail(context, path, segment_shown(value), 'a value (for a missing one write is_null: true)') -%}
  {%- elif operand == 'yes' -%}
    {%- if value is not sameas true -%}{%- do segment_fail(context, path, segment_shown(value), 'true (for the opposite use not:)') -%}{%- endif -%}
    {{- return({'sql': '', 'canonical': true, 'words': ''}) -}}
  {%- elif operand in ('period', 'periods', 'unit', 'anniversary') -%}
    {{- return(segment_window_operand(context, path, operand, value, name)) -}}
  {%- elif operand in ('list', 'pair', 'texts') -%}
    {{- return(segment_operand_list(context, path, operand, 'text' if operand == 'texts' else kind, value)) -}}
  {%- elif operand == 'circle' -%}
    {{- return(segment_circle(context, path, value)) -}}
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

{#- The window of days that a period, two of them or a calendar unit stands for. D is the as-of date. -#}
{% macro segment_window_operand(context, path, operand, value, name) %}
  {%- if operand == 'unit' -%}
    {%- set units = ['day', 'week', 'month', 'quarter', 'year'] -%}
    {%- if value is not string or value not in units -%}{%- do segment_fail(context, path, segment_shown(value), units | join(', '), value, units) -%}{%- endif -%}
    {%- set first = segment_calendar_start(value, {'last': -1, 'this': 0, 'next': 1}[name]) -%}
    {{- return({'first': first, 'until': segment_calendar_start(value, {'last': 0, 'this': 1, 'next': 2}[name]), 'canonical': value, 'words': value}) -}}
  {%- elif operand == 'periods' -%}
    {%- set allowed = 'two periods, the longer first, such as [90 days, 30 days]' -%}
    {%- if value is string or value is mapping or value is not sequence or value | length != 2 -%}{%- do segment_fail(context, path, segment_shown(value), allowed) -%}{%- endif -%}
    {%- set longer = segment_period(context, path ~ '[0]', value[0]) -%}
    {%- set shorter = segment_period(context, path ~ '[1]', value[1]) -%}
    {%- set first, until = segment_shifted_day(longer, -1), segment_shifted_day(shorter, -1) -%}
    {%- if first >= until -%}{%- do segment_fail(context, path, longer.words ~ ' before ' ~ shorter.words, allowed) -%}{%- endif -%}
    {{- return({'first': first, 'until': until, 'canonical': [longer.canonical, shorter.canonical], 'words': longer.words ~ ' and ' ~ shorter.words ~ ' ago'}) -}}
  {%- endif -%}
  {%- set memo = 'window ' ~ [name, value] | string -%}
  {%- if memo in context.memo -%}{{- return(context.memo[memo]) -}}{%- endif -%}
  {%- set period = segment_period(context, path, value) -%}
  {%- set ahead = name in ('in_next', 'anniversary_in') -%}
  {%- set first = as_of_day() if ahead else segment_shifted_day(period, -1) -%}
  {%- set until = segment_shifted_day(period, 1) if ahead else as_of_day() -%}
  {%- if operand == 'anniversary' and until > segment_shift(as_of_day(), 12, 'month') -%}
    {%- do segment_fail(context, path, segment_shown(value), 'a period of at most 1 year') -%}
  {%- endif -%}
  {%- do context.memo.update({memo: {'first': first, 'until': until, 'canonical': period.canonical, 'words': period.words}}) -%}
  {{- return(context.memo[memo]) -}}
{% endmacro %}

{#- A circle on the map: {latitude, longitude, km}. -#}
{% macro segment_circle(context, path, value) %}
  {%- if value is not mapping -%}{%- do segment_fail(context, path, segment_shown(value), 'a mapping {latitude: 52.23, longitude: 21.01, km: 5}') -%}{%- endif -%}
  {%- set ends = {'latitude': 90, 'longitude': 180, 'km': 20000} -%}
  {%- for key in value if key not in ends -%}{%- do segment_fail(context, path, "key '" ~ segment_plain(key, 60) ~ "'", 'latitude, longitude, km', key, ends.keys() | list) -%}{%- endfor -%}
  {%- set digits = {} -%}
  {%- for key, end in ends.items() -%}
    {%- do digits.update({key: segment_value(context, path ~ '.' ~ key, 'number', value.get(key)).sql}) -%}
    {%- if value[key] > end or value[key] < (0 if key == 'km' else -end) -%}
      {%- do segment_fail(context, path ~ '.' ~ key, segment_shown(value[key]), 'a number from ' ~ (0 if key == 'km' else -end) ~ ' to ' ~ end) -%}
    {%- endif -%}
  {%- endfor -%}
  {{- return(dict(digits, canonical=[digits.latitude, digits.longitude, digits.km], words=digits.km ~ ' km of ' ~ digits.latitude ~ ', ' ~ digits.longitude)) -}}
{% endmacro %}
