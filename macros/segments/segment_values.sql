{#- A value as {sql, canonical, words, order}: a literal that SQL can only read as that value.

    context, path: for the message. kind: text, number, boolean or date. value: from the catalogue.
    `order` compares within one kind. Raises a named error for any value of another type. -#}
{% macro segment_value(context, path, kind, value) %}
  {%- if kind == 'number' -%}
    {%- set digits = segment_digits(value) if value is number and value is not boolean else none -%}
    {%- if not digits -%}
      {%- do segment_fail(context, path, segment_shown(value), 'a number (no quotes; at most 15 digits before the point and 10 after it)') -%}
    {%- endif -%}
    {{- return({'sql': digits, 'canonical': digits, 'words': digits, 'order': value}) -}}
  {%- elif kind == 'boolean' -%}
    {%- if value is not boolean -%}{%- do segment_fail(context, path, segment_shown(value), 'true or false (no quotes)') -%}{%- endif -%}
    {%- set word = 'true' if value else 'false' -%}
    {{- return({'sql': word, 'canonical': value, 'words': word}) -}}
  {%- elif kind == 'date' -%}
    {%- set day = segment_day(value) -%}
    {%- if not day -%}{%- do segment_fail(context, path, segment_shown(value), 'a calendar date YYYY-MM-DD without a time') -%}{%- endif -%}
    {{- return({'sql': "cast('" ~ day ~ "' as date)", 'canonical': day, 'words': day, 'order': day}) -}}
  {%- endif -%}
  {%- if value is not string -%}{%- do segment_fail(context, path, segment_shown(value), 'a text (in quotes)') -%}{%- endif -%}
  {%- if value | length > 4000 or modules.re.search('[\\x00\\ud800-\\udfff]', value) -%}
    {%- do segment_fail(context, path, segment_shown(value), 'a text of at most 4000 characters without NUL or half a surrogate pair') -%}
  {%- endif -%}
  {{- return({'sql': sql_string(value), 'canonical': value, 'words': "'" ~ segment_plain(value, 200) ~ "'"}) -}}
{% endmacro %}

{#- A number in plain decimal digits, so that SQL compares it exactly; none if it does not fit.
    value: an integer or a float. -#}
{% macro segment_digits(value) %}
  {%- set written = '%.10f' % value if 'e-' in value | string else value | string -%}
  {%- if not modules.re.match('^-?[0-9]{1,15}([.][0-9]{1,10})?\\Z', written) or written | float != value -%}{{- return(none) -}}{%- endif -%}
  {%- set digits = written.rstrip('0').rstrip('.') if '.' in written else written -%}
  {{- return('0' if digits == '-0' else digits) -}}
{% endmacro %}

{#- A date as text YYYY-MM-DD; none if the value is no calendar date. value: a date or a text. -#}
{% macro segment_day(value) %}
  {%- set text = value if value is string else (value.isoformat() if value.isoformat is defined else '') -%}
  {%- if not modules.re.match('^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\\Z', text) -%}{{- return(none) -}}{%- endif -%}
  {{- return(text if text[8:] | int <= days_in_month(text[:4] | int, text[5:7] | int) else none) -}}
{% endmacro %}

{#- A period such as `30 days` as {canonical, words, count, unit}. context, path: for the message. -#}
{% macro segment_period(context, path, value) %}
  {%- set found = modules.re.match('^([1-9][0-9]{0,4}) (day|week|month|year)s?\\Z', value | string) if value is string else none -%}
  {%- if not found or (found.group(1) | int) > {'day': 36500, 'week': 5200, 'month': 1200, 'year': 100}[found.group(2)] -%}
    {%- do segment_fail(context, path, segment_shown(value), 'a period of at most 100 years, such as 30 days, 2 weeks, 6 months, 1 year') -%}
  {%- endif -%}
  {%- set count = found.group(1) | int -%}
  {%- set words = count ~ ' ' ~ found.group(2) ~ ('' if count == 1 else 's') -%}
  {{- return({'canonical': words, 'words': words, 'count': count, 'unit': found.group(2)}) -}}
{% endmacro %}

{#- The date a period before (sign -1) or after (sign 1) the as-of date, as text. -#}
{% macro segment_shifted_day(period, sign) %}
  {{- return(segment_shift(as_of_day(), period.count * sign, period.unit)) -}}
{% endmacro %}

{#- A date moved by days, weeks, months or years (count may be negative), as text. Months and years go by
    the calendar: a month before 31 March is the last day of February. day: text YYYY-MM-DD, or the open
    as-of date (see as_of_day), whose result says how it was moved: 2026-03-01@-30 day. -#}
{% macro segment_shift(day, count, unit) %}
  {%- if '@' in day -%}{{- return(segment_shift(day[:10], count, unit) ~ '@' ~ count ~ ' ' ~ unit) -}}{%- endif -%}
  {%- set year, month, number = day[:4] | int, day[5:7] | int, day[8:] | int -%}
  {%- if unit in ('day', 'week') -%}
    {%- set days = count * (7 if unit == 'week' else 1) -%}
    {{- return((modules.datetime.date(year, month, number) + modules.datetime.timedelta(days=days)).isoformat()) -}}
  {%- endif -%}
  {%- set months = year * 12 + month - 1 + count * (12 if unit == 'year' else 1) -%}
  {%- set last = days_in_month(months // 12, months % 12 + 1) -%}
  {{- return('%04d-%02d-%02d' % (months // 12, months % 12 + 1, [number, last] | min)) -}}
{% endmacro %}

{#- First day of the calendar period that holds the as-of date, or of one `offset` periods away, as text.
    unit: day, week (from Monday), month, quarter or year. Of the open as-of date: 2026-02-01@-1 of month. -#}
{% macro segment_calendar_start(unit, offset) %}
  {%- set day = as_of_day()[:10] -%}
  {%- set open = '@' ~ offset ~ ' of ' ~ unit if '@' in as_of_day() else '' -%}
  {%- if unit == 'day' -%}{{- return(segment_shift(day, offset, 'day') ~ open) -}}{%- endif -%}
  {%- if unit == 'week' -%}
    {%- set weekday = modules.datetime.date(day[:4] | int, day[5:7] | int, day[8:] | int).weekday() -%}
    {{- return(segment_shift(day, 7 * offset - weekday, 'day') ~ open) -}}
  {%- endif -%}
  {%- set month = {'month': day[5:7] | int, 'quarter': ((day[5:7] | int) - 1) // 3 * 3 + 1, 'year': 1}[unit] -%}
  {{- return(segment_shift('%s-%02d-01' % (day[:4], month), offset * {'month': 1, 'quarter': 3, 'year': 12}[unit], 'month') ~ open) -}}
{% endmacro %}
