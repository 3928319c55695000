{#- The whole catalogue parsed, checked and compiled; stops with a named error at its first mistake.

    declared: the list of segments (default: var segments). Returns a dict:
      segments   list of dicts sorted by name: columns of mart `segments`, the compiled rule, its level
                 (0 = refers to no other segment, else one more than the highest it refers to)
      leaves     name of each distinct condition to {sql, words, canonical, observed, observed_key, is_personal}
                 (the observed value may be free text about a person)
      conditions hash of each distinct event condition to what the ledger keeps of it
      measures   name of each sum over a window of days to its condition and its window
      sequences  name of each sequence to its steps
      properties column of each property read from the events' JSON
      lists, stays   names of the lists and of the segments whose stays the rules ask for
      list_rows  (list, contact_id) of each row of var segment_lists
    Compiled once a run and kept in `graph`: a catalogue of a thousand segments takes seconds. Usable at
    execute time only. -#}
{% macro segment_catalogue(declared=none) %}
  {%- set given = var('segments', []) if declared is none else declared -%}
  {%- set key = local_md5([given, as_of_day(), business_timezone(), var('segment_lists', none)] | string) -%}
  {%- set kept = graph.setdefault('segment_catalogues', {}) -%}
  {%- if key not in kept -%}{%- do kept.update({key: segment_compiled(given)}) -%}{%- endif -%}
  {{- return(kept[key]) -}}
{% endmacro %}

{#- Compile a catalogue (see segment_catalogue). given: the list of segments. -#}
{% macro segment_compiled(given) %}
  {%- set context = {
      'segment': 'catalogue', 'fields': segment_fields(), 'operators': segment_operators(), 'event_words': segment_event_words(), 'names': [], 'memo': {}, 'references': {},
      'leaves': {}, 'conditions': {}, 'measures': {}, 'sequences': {}, 'properties': {}, 'lists': {}, 'stays': {},
  } -%}
  {%- set list_rows = segment_list_rows() -%}
  {%- if given is none or given is string or given is mapping or given is not sequence -%}
    {%- do segment_fail(context, 'segments', segment_shown(given), 'a list of segments') -%}
  {%- endif -%}
  {%- set by_name = {} -%}
  {%- for one in given -%}
    {%- do context.update({'segment': '#' ~ loop.index}) -%}
    {%- set place = loop.index -%}
    {%- for declaration in segment_expanded(context, one) -%}
      {%- do context.update({'segment': '#' ~ place}) -%}
      {%- set header = segment_header(context, declaration) -%}
      {%- if header.segment in by_name -%}{%- do segment_fail(context, 'name', 'a second segment of this name', 'each name once') -%}{%- endif -%}
      {%- do by_name.update({header.segment: header}) -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- do context.update({'names': by_name.keys() | sort}) -%}
  {%- for name, header in by_name.items() -%}
    {%- do context.update({'segment': name}) -%}
    {%- set rule = segment_excluding(context, segment_rule(context, header.declared_rule, 'rule'), header.declared_exclusions) -%}
    {%- do header.update({'rule': rule, 'rule_text': rule.words}) -%}
  {%- endfor -%}
  {%- set segments = [] -%}
  {%- for name in context.names -%}{%- do segments.append(by_name[name]) -%}{%- endfor -%}
  {%- do segment_levels(context, by_name) -%}
  {{- return({
      'segments': segments, 'leaves': context.leaves, 'conditions': context.conditions, 'measures': context.measures, 'sequences': context.sequences,
      'properties': context.properties, 'lists': context.lists.keys() | sort, 'stays': context.stays.keys() | sort, 'list_rows': list_rows,
  }) -}}
{% endmacro %}

{#- A rule and what it excludes as one node: the rule holds and no exclusion does. exclusions: the nodes
    as declared, or none. -#}
{% macro segment_excluding(context, rule, exclusions) %}
  {%- if exclusions is none -%}{{- return(rule) -}}{%- endif -%}
  {%- if exclusions is mapping or exclusions is string or exclusions is not sequence or not exclusions -%}
    {%- do segment_fail(context, 'exclude', segment_shown(exclusions), 'a list of at least one condition, such as {segment: vip} or {list: staff}') -%}
  {%- endif -%}
  {%- set parts = rule.parts | list if rule.kind == 'all' else [rule] -%}
  {%- for one in exclusions -%}
    {%- set path = 'exclude[' ~ loop.index0 ~ ']' -%}
    {%- set part = segment_rule(context, one, path) -%}
    {%- do parts.append({'kind': 'not', 'parts': [part], 'path': path, 'canonical': tojson(['not', part.canonical]), 'words': 'not (' ~ part.words ~ ')'}) -%}
  {%- endfor -%}
  {{- return(segment_join('all', parts, 'rule')) -}}
{% endmacro %}

{#- Give each segment its level and the hash of what its rule means, which is another one when a segment it
    refers to means something else. Stops at a cycle of references and names it. -#}
{% macro segment_levels(context, by_name) %}
  {%- set levels = {} -%}
  {%- for round in range(context.names | length + 1) if levels | length < context.names | length -%}
    {%- set before = levels | length -%}
    {%- for name in context.names if name not in levels -%}
      {%- set others = context.references.get(name, {}) -%}
      {%- if not others.keys() | reject('in', levels) | list -%}
        {%- set below, meanings = [], [by_name[name].rule.canonical] -%}
        {%- for other in others.keys() | sort -%}
          {%- do below.append(levels[other]) -%}
          {%- do meanings.append(by_name[other].rule_hash) -%}
        {%- endfor -%}
        {%- do by_name[name].update({'level': (below | max) + 1 if below else 0, 'rule_hash': local_md5(meanings | join(' '))}) -%}
      {%- endif -%}
    {%- endfor -%}
    {%- for name in context.names if 'level' in by_name[name] -%}{%- do levels.update({name: by_name[name].level}) -%}{%- endfor -%}
    {%- if levels | length == before -%}{%- do segment_fail_cycle(context, levels) -%}{%- endif -%}
  {%- endfor -%}
{% endmacro %}

{#- Name a cycle among the segments without a level. -#}
{% macro segment_fail_cycle(context, levels) %}
  {%- set walk = namespace(name=context.names | reject('in', levels) | first, seen=[]) -%}
  {%- for step in context.names if walk.name not in walk.seen -%}
    {%- do walk.seen.append(walk.name) -%}
    {%- set walk.name = context.references[walk.name].keys() | reject('in', levels) | sort | first -%}
  {%- endfor -%}
  {%- set cycle = walk.seen[walk.seen.index(walk.name):] + [walk.name] -%}
  {%- do context.update({'segment': cycle[0]}) -%}
  {%- do segment_fail(context, context.references[cycle[0]][cycle[1]], 'the cycle ' ~ cycle | join(' -> '), 'references without a cycle') -%}
{% endmacro %}

{#- Stop the run before it starts if the catalogue has a mistake. declared: as in segment_catalogue. -#}
{% macro segment_check(declared=none) %}
  {%- if execute -%}{%- do segment_catalogue(declared) -%}{%- endif -%}
{% endmacro %}

{#- Whether a segment with a priority holds every customer, by the rule customer_id is_not_null. -#}
{% macro segments_have_catch_all() %}
  {%- set found = namespace(any=false) -%}
  {%- for segment in segment_catalogue().segments if segment.priority is not none and segment.rule_text == 'customer_id is known' -%}
    {%- set found.any = true -%}
  {%- endfor -%}
  {{- return(found.any) -}}
{% endmacro %}
