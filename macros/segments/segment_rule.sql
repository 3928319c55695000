{#- Compile one node of a rule: {kind, parts, leaf, canonical, words}.

    context: compilation state; its dict `leaves` collects the distinct leaves. node: from the
    catalogue. path: where it stands. depth: how deep. A later kind of leaf gets its branch here. -#}
{% macro segment_rule(context, node, path, depth=0) %}
  {%- set kinds = ['all', 'any', 'not', 'field'] -%}
  {%- if node is not mapping or not node -%}
    {%- do segment_fail(context, path, 'an empty mapping' if node is mapping else segment_shown(node), 'a mapping with one of ' ~ kinds | join(', ')) -%}
  {%- elif depth > 20 -%}
    {%- do segment_fail(context, path, 'a rule more than 20 levels deep', 'at most 20') -%}
  {%- endif -%}
  {%- set keys = segment_text_keys(node) -%}
  {%- set later = keys.keys() | select('in', segment_later_words().leaf) | list -%}
  {%- if later -%}
    {%- do segment_fail(context, path ~ '.' ~ later[0], 'a condition that is not supported yet', kinds | join(', ')) -%}
  {%- endif -%}
  {%- set present = keys.keys() | select('in', kinds) | list -%}
  {%- if present | length != 1 or (present[0] != 'field' and keys | length > 1) -%}
    {%- set strange = keys.keys() | reject('in', kinds) | list -%}
    {%- do segment_fail(context, path, 'keys ' ~ segment_plain(keys.keys() | join(', '), 80), 'exactly one of ' ~ kinds | join(', ') ~ ' (operators stand beside field)', strange[0] if strange else none, kinds) -%}
  {%- endif -%}
  {%- if present[0] == 'field' -%}
    {%- set memo = keys | string -%}
    {%- if memo not in context.memo -%}
      {%- set parts = [] -%}
      {%- for leaf in segment_field_leaves(context, keys, path) -%}{%- do parts.append(segment_register(context, leaf)) -%}{%- endfor -%}
      {%- do context.memo.update({memo: segment_join('all', parts)}) -%}
    {%- endif -%}
    {{- return(context.memo[memo]) -}}
  {%- elif present[0] == 'not' -%}
    {%- set part = segment_rule(context, keys['not'], path ~ '.not', depth + 1) -%}
    {{- return({'kind': 'not', 'parts': [part], 'canonical': tojson(['not', part.canonical]), 'words': 'not (' ~ part.words ~ ')'}) -}}
  {%- endif -%}
  {%- set children = keys[present[0]] -%}
  {%- if children is mapping or children is string or children is not sequence or not children -%}
    {%- do segment_fail(context, path ~ '.' ~ present[0], segment_shown(children), 'a list of at least one condition') -%}
  {%- endif -%}
  {%- set parts = [] -%}
  {%- for child in children -%}
    {%- do parts.append(segment_rule(context, child, path ~ '.' ~ present[0] ~ '[' ~ loop.index0 ~ ']', depth + 1)) -%}
  {%- endfor -%}
  {{- return(segment_join(present[0], parts)) -}}
{% endmacro %}

{#- Several compiled nodes under all or any; one alone stands for itself. The order of the parts and
    repeats do not change what it means (canonical). -#}
{% macro segment_join(kind, parts) %}
  {%- if parts | length == 1 -%}{{- return(parts[0]) -}}{%- endif -%}
  {%- set words = [] -%}
  {%- for part in parts -%}
    {%- do words.append('(' ~ part.words ~ ')' if part.kind in ('all', 'any') and part.kind != kind else part.words) -%}
  {%- endfor -%}
  {%- set canonical = parts | map(attribute='canonical') | unique(case_sensitive=true) | sort(case_sensitive=true) -%}
  {{- return({
      'kind': kind, 'parts': parts, 'words': words | join(' and ' if kind == 'all' else ' or '),
      'canonical': tojson([kind] + canonical) if canonical | length > 1 else canonical[0],
  }) -}}
{% endmacro %}

{#- Keep a leaf once, under leaf_<8 hex of its canonical text>, and return its node. -#}
{% macro segment_register(context, leaf) %}
  {%- set digest = local_md5(leaf.canonical) -%}
  {%- set taken = context.leaves.get('leaf_' ~ digest[:8]) -%}
  {%- set name = 'leaf_' ~ (digest[:16] if taken and taken.canonical != leaf.canonical else digest[:8]) -%}
  {%- do context.leaves.update({name: leaf}) -%}
  {{- return({'kind': 'leaf', 'leaf': name, 'canonical': leaf.canonical, 'words': leaf.words}) -}}
{% endmacro %}

{#- The same mapping with text keys. YAML reads the bare key `on` as true: it is given back. -#}
{% macro segment_text_keys(mapping) %}
  {%- set keys = {} -%}
  {%- for key, value in mapping.items() -%}
    {%- do keys.update({('on' if key is boolean and key or key in ('true', 'True') else key | string): value}) -%}
  {%- endfor -%}
  {{- return(keys) -}}
{% endmacro %}
