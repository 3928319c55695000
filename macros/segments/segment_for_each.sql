{#- Expand `for_each`: one declaration per combination of its values; others are given back as they are.

    one: a declaration as written. Returns a list of declarations. Raises named errors. -#}
{% macro segment_expanded(context, one) %}
  {%- if one is not mapping or 'for_each' not in one -%}{{- return([one]) -}}{%- endif -%}
  {%- set name = one.get('name') -%}
  {%- if name is string -%}{%- do context.update({'segment': segment_plain(name, 60)}) -%}{%- endif -%}
  {%- set given = one.for_each -%}
  {%- set allowed = 'a mapping of names to lists of values, such as {category: [bags, shoes]}' -%}
  {%- if given is not mapping or not given -%}{%- do segment_fail(context, 'for_each', segment_shown(given), allowed) -%}{%- endif -%}
  {%- set rounds = namespace(combinations=[{}]) -%}
  {%- for key, values in given.items() -%}
    {%- set path = 'for_each.' ~ segment_plain(key, 60) -%}
    {%- if key is not string or not modules.re.match('^[a-z][a-z0-9_]*\\Z', key) -%}{%- do segment_fail(context, 'for_each', segment_shown(key), 'names of small letters, digits and _') -%}{%- endif -%}
    {%- if values is string or values is mapping or values is not sequence or not values -%}{%- do segment_fail(context, path, segment_shown(values), 'a list of at least one value: [a, b]') -%}{%- endif -%}
    {%- if name is not string or '{' ~ key ~ '}' not in name -%}{%- do segment_fail(context, 'name', segment_shown(name), 'a name that holds {' ~ key ~ '}, so that each segment has its own') -%}{%- endif -%}
    {%- set next = [] -%}
    {%- for value in values -%}
      {%- if value is not string and (value is not number or value is boolean) -%}{%- do segment_fail(context, path ~ '[' ~ loop.index0 ~ ']', segment_shown(value), 'a text or a number') -%}{%- endif -%}
      {%- for combination in rounds.combinations -%}{%- do next.append(dict(combination, **{key: value})) -%}{%- endfor -%}
    {%- endfor -%}
    {%- if next | length > 1000 -%}{%- do segment_fail(context, 'for_each', (next | length) ~ ' combinations', 'at most 1000') -%}{%- endif -%}
    {%- set rounds.combinations = next -%}
  {%- endfor -%}
  {%- set expanded = [] -%}
  {%- for combination in rounds.combinations -%}
    {%- set copy = {} -%}
    {%- for key, value in one.items() if key != 'for_each' -%}
      {%- do copy.update({key: segment_filled_in(context, value, combination, key)}) -%}
    {%- endfor -%}
    {%- do copy.update({'name': segment_name_of(context, name, combination)}) -%}
    {%- do expanded.append(copy) -%}
  {%- endfor -%}
  {{- return(expanded) -}}
{% endmacro %}

{#- A value with its {placeholders} filled in: a text that is one placeholder takes the value with its type,
    inside a longer text stands the value's text. -#}
{% macro segment_filled_in(context, value, combination, path) %}
  {%- if value is mapping -%}
    {%- set copy = {} -%}
    {%- for key, inner in value.items() -%}{%- do copy.update({key: segment_filled_in(context, inner, combination, path ~ '.' ~ key)}) -%}{%- endfor -%}
    {{- return(copy) -}}
  {%- elif value is string -%}
    {%- for found in modules.re.findall('\\{([A-Za-z_][A-Za-z0-9_]*)\\}', value) -%}
      {%- if found not in combination -%}
        {%- do segment_fail(context, path, "placeholder '{" ~ segment_plain(found, 60) ~ "}'", combination.keys() | join(', '), found, combination.keys() | list) -%}
      {%- endif -%}
      {%- if value == '{' ~ found ~ '}' -%}{{- return(combination[found]) -}}{%- endif -%}
    {%- endfor -%}
    {%- set parts = [] -%}
    {%- for part in modules.re.findall('\\{[A-Za-z_][A-Za-z0-9_]*\\}|[^{]+|\\{', value) -%}
      {%- do parts.append(combination[part[1:-1]] if part[0] == '{' and part | length > 1 else part) -%}
    {%- endfor -%}
    {{- return(parts | join) -}}
  {%- elif value is sequence and value is not string -%}
    {%- set copy = [] -%}
    {%- for inner in value -%}{%- do copy.append(segment_filled_in(context, inner, combination, path ~ '[' ~ loop.index0 ~ ']')) -%}{%- endfor -%}
    {{- return(copy) -}}
  {%- endif -%}
  {{- return(value) -}}
{% endmacro %}

{#- The name with its placeholders filled in, the values made snake_case. -#}
{% macro segment_name_of(context, name, combination) %}
  {%- set made = {} -%}
  {%- for key, value in combination.items() -%}
    {%- do made.update({key: modules.re.sub('[^a-z0-9]+', '_', value | string | lower).strip('_')}) -%}
  {%- endfor -%}
  {{- return(segment_filled_in(context, name, made, 'name')) -}}
{% endmacro %}
