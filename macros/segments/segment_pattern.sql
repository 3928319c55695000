{#- Check a regular expression: the part of the syntax that RE2, Java and Python read alike.

    Letters and any other character, . ^ $ | ( ) (?: ) [abc] [^a-z], the repeats * + ? {2} {2,5} with an
    optional ?, and \ before punctuation. Raises a named error for anything else. -#}
{% macro segment_check_pattern(context, path, pattern) %}
  {%- set allowed = 'a pattern of letters . ^ $ | ( ) [a-z] * + ? {2,5} and \\ before punctuation (no \\d, look-around or back references)' -%}
  {%- set state = namespace(depth=0, can_repeat=false, size=0, repeats=1, fault=none) -%}
  {%- set token = '\\\\[\\\\.^$*+?()\\[\\]{}|/-]|\\[\\^?(?:[^\\\\\\[\\]^-]-[^\\\\\\[\\]^-]|[^\\\\\\[\\]^-])+\\]|\\(\\?:|(?:[*+?]|\\{[0-9]{1,3}(?:,[0-9]{0,3})?\\})[?]?|[^\\\\\\[\\]{}*+?]' -%}
  {%- for part in modules.re.findall(token, pattern, modules.re.DOTALL) -%}
    {%- set state.size = state.size + part | length -%}
    {%- if part in ('(', '(?:') -%}
      {%- set state.depth = state.depth + 1 -%}
      {%- set state.can_repeat = false -%}
    {%- elif part == ')' -%}
      {%- set state.depth = state.depth - 1 -%}
      {%- set state.can_repeat = true -%}
      {%- if state.depth < 0 -%}{%- set state.fault = "a ')' without its '('" -%}{%- endif -%}
    {%- elif part in ('|', '^', '$') -%}
      {%- set state.can_repeat = false -%}
    {%- elif part[0] in '*+?{' -%}
      {%- if not state.can_repeat -%}{%- set state.fault = "'" ~ part ~ "' with nothing to repeat" -%}{%- endif -%}
      {%- set state.can_repeat = false -%}
      {%- if part[0] == '{' -%}
        {%- set bounds = modules.re.findall('[0-9]+', part) | map('int') | list -%}
        {%- set state.repeats = state.repeats * ([bounds[-1], 1] | max) -%}
        {%- if bounds[0] > bounds[-1] or state.repeats > 1000 -%}{%- set state.fault = "a repeat '" ~ part ~ "' reversed or above 1000 in all" -%}{%- endif -%}
      {%- endif -%}
    {%- else -%}
      {%- set state.can_repeat = true -%}
      {%- for pair in modules.re.findall('(.)-(.)', part[1:-1], modules.re.DOTALL) if part | length > 2 and pair[0] > pair[1] -%}
        {%- set state.fault = "a reversed range '" ~ pair[0] ~ '-' ~ pair[1] ~ "'" -%}
      {%- endfor -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if state.size != pattern | length -%}{%- set state.fault = segment_shown(pattern) -%}
  {%- elif state.depth > 0 -%}{%- set state.fault = "a '(' without its ')'" -%}
  {%- endif -%}
  {%- if state.fault -%}{%- do segment_fail(context, path, segment_plain(state.fault), allowed) -%}{%- endif -%}
{% endmacro %}
