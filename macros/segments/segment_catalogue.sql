{#- Parse, check and compile the whole catalogue; stops with a named error at its first mistake.

    declared: the list of segments (default: var segments). with_rules: false skips the rules, for
    models that need the headers only. Returns {segments, leaves}: segments as a list of dicts sorted by
    name, leaves as a dict of column name to {sql, words, canonical}. Usable at execute time only. -#}
{% macro segment_catalogue(declared=none, with_rules=true) %}
  {%- set given = var('segments', []) if declared is none else declared -%}
  {%- set context = {'segment': 'catalogue', 'fields': segment_fields() if with_rules else {}, 'operators': segment_operators(), 'leaves': {}, 'memo': {}} -%}
  {%- if given is none or given is string or given is mapping or given is not sequence -%}
    {%- do segment_fail(context, 'segments', segment_shown(given), 'a list of segments') -%}
  {%- endif -%}
  {%- set by_name = {} -%}
  {%- for one in given -%}
    {%- do context.update({'segment': '#' ~ loop.index}) -%}
    {%- set header = segment_header(context, one) -%}
    {%- if header.segment in by_name -%}
      {%- do segment_fail(context, 'name', 'a second segment of this name', 'each name once') -%}
    {%- endif -%}
    {%- if with_rules -%}
      {%- set rule = segment_rule(context, header.rule, 'rule') -%}
      {%- do header.update({'rule': rule, 'rule_text': rule.words, 'rule_hash': local_md5(rule.canonical)}) -%}
    {%- endif -%}
    {%- do by_name.update({header.segment: header}) -%}
  {%- endfor -%}
  {%- set segments = [] -%}
  {%- for name in by_name.keys() | sort -%}{%- do segments.append(by_name[name]) -%}{%- endfor -%}
  {{- return({'segments': segments, 'leaves': context.leaves}) -}}
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
