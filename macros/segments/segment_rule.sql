{#- Compile one node of a rule: {kind, parts, leaf, segment, path, words, canonical}.

    context: compilation state; its dict `leaves` collects the distinct leaves. node: from the
    catalogue. path: where it stands. depth: how deep. A new kind of leaf gets its line in segment_leaf. -#}
{% macro segment_rule(context, node, path, depth=0) %}
  {%- set kinds = ['all', 'any', 'not', 'field', 'event', 'sequence', 'segment', 'list', 'sample'] -%}
  {%- if node is not mapping or not node -%}
    {%- do segment_fail(context, path, 'an empty mapping' if node is mapping else segment_shown(node), 'a mapping with one of ' ~ kinds | join(', ')) -%}
  {%- elif depth > 20 -%}
    {%- do segment_fail(context, path, 'a rule more than 20 levels deep', 'at most 20') -%}
  {%- endif -%}
  {%- set keys = segment_text_keys(node) -%}
  {%- set present = keys.keys() | select('in', kinds) | list -%}
  {%- if present | length != 1 or (present[0] in ('all', 'any', 'not') and keys | length > 1) -%}
    {%- set strange = keys.keys() | reject('in', kinds) | list -%}
    {%- do segment_fail(context, path, 'keys ' ~ segment_plain(keys.keys() | join(', '), 80), 'exactly one of ' ~ kinds | join(', ') ~ ' (operators stand beside field)', strange[0] if strange else none, kinds) -%}
  {%- endif -%}
  {%- if present[0] not in ('all', 'any', 'not') -%}
    {{- return(segment_leaf(context, keys, path, present[0])) -}}
  {%- elif present[0] == 'not' -%}
    {%- set part = segment_rule(context, keys['not'], path ~ '.not', depth + 1) -%}
    {{- return({'kind': 'not', 'parts': [part], 'path': path, 'canonical': tojson(['not', part.canonical]), 'words': 'not (' ~ part.words ~ ')'}) -}}
  {%- endif -%}
  {%- set children = keys[present[0]] -%}
  {%- if children is mapping or children is string or children is not sequence or not children -%}
    {%- do segment_fail(context, path ~ '.' ~ present[0], segment_shown(children), 'a list of at least one condition') -%}
  {%- endif -%}
  {%- set parts = [] -%}
  {%- for child in children -%}
    {%- do parts.append(segment_rule(context, child, path ~ '.' ~ present[0] ~ '[' ~ loop.index0 ~ ']', depth + 1)) -%}
  {%- endfor -%}
  {{- return(segment_join(present[0], parts, path)) -}}
{% endmacro %}

{#- Compile a leaf of any kind to a node. What was compiled before under the same keys is taken again. -#}
{% macro segment_leaf(context, keys, path, kind) %}
  {%- if kind == 'segment' -%}{{- return(segment_member_rule(context, keys, path)) -}}{%- endif -%}
  {%- set memo = keys | string -%}
  {%- if memo not in context.memo -%}
    {%- if kind == 'field' -%}{%- set leaves = segment_field_leaves(context, keys, path) -%}
    {%- elif kind == 'event' -%}{%- set leaves = segment_event_leaves(context, keys, path) -%}
    {%- elif kind == 'sequence' -%}{%- set leaves = [segment_sequence_leaf(context, keys, path)] -%}
    {%- elif kind == 'list' -%}{%- set leaves = [segment_list_leaf(context, keys, path)] -%}
    {%- else -%}{%- set leaves = [segment_sample_leaf(context, keys, path)] -%}{%- endif -%}
    {%- set found = [] -%}
    {%- for leaf in leaves -%}{%- do found.append((leaf.path[path | length:], segment_register(context, leaf))) -%}{%- endfor -%}
    {%- do context.memo.update({memo: found}) -%}
  {%- endif -%}
  {%- set parts = [] -%}
  {%- for ending, node in context.memo[memo] -%}{%- do parts.append(dict(node, path=path ~ ending)) -%}{%- endfor -%}
  {{- return(segment_join('all', parts, path)) -}}
{% endmacro %}

{#- Several compiled nodes under all or any; one alone stands for itself. The order of the parts and
    repeats do not change what it means (canonical). -#}
{% macro segment_join(kind, parts, path) %}
  {%- if parts | length == 1 -%}{{- return(parts[0]) -}}{%- endif -%}
  {%- set words = [] -%}
  {%- for part in parts -%}
    {%- do words.append('(' ~ part.words ~ ')' if part.kind in ('all', 'any') and part.kind != kind else part.words) -%}
  {%- endfor -%}
  {%- set canonical = parts | map(attribute='canonical') | unique(case_sensitive=true) | sort(case_sensitive=true) -%}
  {{- return({
      'kind': kind, 'parts': parts, 'path': path, 'words': words | join(' and ' if kind == 'all' else ' or '),
      'canonical': tojson([kind] + canonical) if canonical | length > 1 else canonical[0],
  }) -}}
{% endmacro %}

{#- Keep a leaf once, under leaf_<8 hex of its canonical text>, and return its node. -#}
{% macro segment_register(context, leaf) %}
  {%- set digest = local_md5(leaf.canonical) -%}
  {%- set taken = context.leaves.get('leaf_' ~ digest[:8]) -%}
  {%- set name = 'leaf_' ~ (digest[:16] if taken and taken.canonical != leaf.canonical else digest[:8]) -%}
  {%- do context.leaves.update({name: leaf}) -%}
  {{- return({'kind': 'leaf', 'leaf': name, 'path': leaf.path, 'canonical': leaf.canonical, 'words': leaf.words}) -}}
{% endmacro %}

{#- The same mapping with text keys. YAML reads the bare key `on` as true: it is given back. -#}
{% macro segment_text_keys(mapping) %}
  {%- set keys = {} -%}
  {%- for key, value in mapping.items() -%}
    {%- do keys.update({('on' if key is boolean and key or key in ('true', 'True') else key | string): value}) -%}
  {%- endfor -%}
  {{- return(keys) -}}
{% endmacro %}
