{#- Stop compilation with one line: the segment, the path inside it, what was found, what is allowed.

    context: dict with `segment` (its name, or its place in the list). path: for example rule.all[1].gt.
    found, allowed: words. wanted, names: a misspelt word and the words it may stand for. -#}
{% macro segment_fail(context, path, found, allowed, wanted=none, names=[]) %}
  {%- set hint = segment_nearest(wanted | string, names) if wanted is not none else none -%}
  {%- do exceptions.raise_compiler_error(
      'Segment ' ~ context.segment ~ ', ' ~ path ~ ': found ' ~ found ~ '; allowed: ' ~ allowed ~ '.'
      ~ (' Did you mean ' ~ hint ~ '?' if hint else '')
  ) -%}
{% endmacro %}

{#- A value of the catalogue in words that fit one line, with its type. -#}
{% macro segment_shown(value) %}
  {%- if value is none -%}{{- return('nothing (null)') -}}{%- endif -%}
  {%- if value is boolean -%}{{- return((value | string | lower) ~ ' (a boolean; words such as no, yes, on and off need quotes)') -}}{%- endif -%}
  {%- if value is number -%}{{- return((value | string)[:40] ~ ' (a number)') -}}{%- endif -%}
  {%- if value is mapping -%}{{- return('a mapping (' ~ segment_plain(value.keys() | map('string') | join(', '), 60) ~ ')') -}}{%- endif -%}
  {%- if value is string -%}{{- return("'" ~ segment_plain(value, 60) ~ "' (text)") -}}{%- endif -%}
  {%- if value.isoformat is defined -%}{{- return(value.isoformat() ~ (' (a time)' if value.hour is defined else ' (a date)')) -}}{%- endif -%}
  {{- return('a list of ' ~ (value | length) if value is sequence else 'a value that is neither text, number, date nor boolean') -}}
{% endmacro %}

{#- Text without line breaks or control characters, fit for a message, a comment or a description.
    length: longest result, in characters; none = as long as it is. -#}
{% macro segment_plain(text, length=none) %}
  {%- set plain = modules.re.sub('[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff\\u202a-\\u202e\\u2066-\\u2069]+', ' ', text | string) -%}
  {{- return(plain if length is none or plain | length <= length else plain[:length] ~ '...') -}}
{% endmacro %}

{#- The name nearest to a misspelt word, or none. Written only for messages: it is slow. -#}
{% macro segment_nearest(wanted, names) %}
  {%- set meant = {'=': 'eq', '==': 'eq', 'equals': 'eq', 'is': 'eq', '!=': 'neq', '<>': 'neq', 'ne': 'neq', '<': 'lt', '<=': 'lte', 'le': 'lte',
                   '>': 'gt', '>=': 'gte', 'ge': 'gte', 'like': 'contains', 'regex': 'matches', 'since': 'after', 'and': 'all', 'or': 'any'} -%}
  {%- if meant.get(wanted) in names -%}{{- return(meant[wanted]) -}}{%- endif -%}
  {%- set best = namespace(name=none, distance=[2, (wanted | length) // 3] | max + 1) -%}
  {%- if wanted | length <= 60 -%}
    {%- for name in names -%}
      {%- set distance = segment_edit_distance(wanted | lower, name) -%}
      {%- if distance < best.distance and distance < wanted | length -%}
        {%- set best.name = name -%}
        {%- set best.distance = distance -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
  {{- return(best.name) -}}
{% endmacro %}

{#- Levenshtein distance of two short words. -#}
{% macro segment_edit_distance(one, other) %}
  {%- set rows = [range(other | length + 1) | list] -%}
  {%- for letter in one -%}
    {%- set row = [loop.index] -%}
    {%- for partner in other -%}
      {%- do row.append([
          row[-1] + 1, rows[-1][loop.index] + 1, rows[-1][loop.index0] + (0 if letter == partner else 1)
      ] | min) -%}
    {%- endfor -%}
    {%- do rows.append(row) -%}
  {%- endfor -%}
  {{- return(rows[-1][-1]) -}}
{% endmacro %}
