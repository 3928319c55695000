{#- Compile a `sequence:` leaf: events in this order, each later than the one before.

    context: compilation state; the steps' conditions, the sequence and its measure (how many times it was
    completed) are collected in it. node: dict with text keys. Raises named errors. -#}
{% macro segment_sequence_leaf(context, node, path) %}
  {%- set known = ['sequence', 'within', 'same'] + context.event_words.windows -%}
  {%- for key in node if key not in known -%}
    {%- do segment_fail(context, path, "key '" ~ segment_plain(key, 60) ~ "'", known | join(', '), key, known) -%}
  {%- endfor -%}
  {%- set given = node.sequence -%}
  {%- if given is string or given is mapping or given is not sequence or not 2 <= given | length <= 10 -%}
    {%- do segment_fail(context, path ~ '.sequence', segment_shown(given), 'a list of 2 to 10 events') -%}
  {%- endif -%}
  {%- set steps = [] -%}
  {%- for one in given -%}
    {%- do steps.append(segment_sequence_step(context, one, path ~ '.sequence[' ~ loop.index0 ~ ']', node.get('same'), path ~ '.same', loop.last)) -%}
  {%- endfor -%}
  {%- set window = segment_event_window(context, node, path) -%}
  {%- set within = segment_period(context, path ~ '.within', node.within) if 'within' in node else none -%}
  {%- set not_step = steps[-1].condition if steps[-1].is_not else none -%}
  {%- set said = [] -%}
  {%- for step in steps -%}{%- do said.append(('not ' if step.is_not else '') ~ step.words) -%}{%- endfor -%}
  {%- set words = '(' ~ said | join(', then ') ~ (' within ' ~ within.words if within else '') ~ (' with the same ' ~ segment_plain(node.same, 60) if 'same' in node else '') ~ window.words ~ ')' -%}
  {%- set canonical = ['sequence', steps | map(attribute='canonical') | list, within.canonical if within else none, node.get('same'), window.canonical] -%}
  {%- set name = 'sequence_' ~ local_md5(tojson(canonical))[:12] -%}
  {%- do context.sequences.update({name: {
      'steps': steps | rejectattr('is_not') | map(attribute='condition') | list, 'not_step': not_step, 'within': within, 'has_same': 'same' in node,
      'from_date': window.first, 'before_date': window.until, 'words': words,
  }}) -%}
  {%- do context.measures.update({name: {
      'condition': none, 'aggregate': 'sequence', 'kind': 'count', 'from_date': window.first, 'before_date': window.until, 'words': words,
  }}) -%}
  {{- return({
      'path': path, 'words': words, 'canonical': tojson(canonical), 'sql': 'coalesce(measures.' ~ name ~ ', 0) > 0',
      'observed': 'case when measures.' ~ name ~ " > 0 then 'completed' else 'not completed' end", 'observed_key': name,
  }) -}}
{% endmacro %}

{#- One step of a sequence: {condition, is_not, canonical, words}. same: the column that all steps share, or
    none. is_last: only the last step may be {not: event}. -#}
{% macro segment_sequence_step(context, step, path, same, same_path, is_last) %}
  {%- set allowed = 'an event name, {event: NAME, where: [...]}, or as the last step {not: ...}' -%}
  {%- set keys = segment_text_keys(step) if step is mapping else {'event': step} -%}
  {%- if 'not' in keys -%}
    {%- if not is_last or keys | length > 1 -%}
      {%- do segment_fail(context, path, 'not before the last step' if keys | length == 1 else segment_shown(step), allowed) -%}
    {%- endif -%}
    {%- if keys['not'] is mapping and 'not' in keys['not'] -%}{%- do segment_fail(context, path ~ '.not', 'not inside not', allowed) -%}{%- endif -%}
    {%- set inner = segment_sequence_step(context, keys['not'], path ~ '.not', same, same_path, false) -%}
    {{- return(dict(inner, is_not=true, canonical=['not', inner.canonical])) -}}
  {%- endif -%}
  {%- if step is mapping and ('event' not in keys or keys.keys() | reject('in', ['event', 'where']) | list) -%}
    {%- do segment_fail(context, path, segment_shown(step), allowed) -%}
  {%- elif step is not mapping and step is not string -%}
    {%- do segment_fail(context, path, segment_shown(step), allowed) -%}
  {%- endif -%}
  {%- set scope = segment_event_scope(context, keys.event, path ~ ('.event' if step is mapping else '')) -%}
  {%- set event = {'scope': scope, 'where': segment_event_where(context, keys, path, scope)} -%}
  {%- set detail = none -%}
  {%- if same is not none -%}
    {%- set field = segment_field(context, same, same_path, scope) -%}
    {%- set detail = 'cast(' ~ segment_typed_column(context, field, 'text' if field.kind == 'attribute' else field.kind) ~ ' as string)' -%}
  {%- endif -%}
  {{- return({
      'condition': segment_event_condition(context, event, {'detail': detail, 'is_stepped': true}), 'is_not': false,
      'canonical': [scope.event, event.where.canonical], 'words': segment_plain(scope.event, 200) ~ event.where.words,
  }) -}}
{% endmacro %}
