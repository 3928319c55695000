{#- What explains the segments: {conditions, steps, observations}, made once for a catalogue.

    conditions: one dict per node of each rule, in reading order: segment, condition_number, condition_path,
    condition_text, condition_kind (all, any, not, condition, segment), parent_number, nesting_depth, step_number
    (the part of the rule's top `all` that it belongs to), is_step, step_place, leaf, leaf_place,
    referred_segment, segment_place, observed_key, observed_place. A place counts from 1 in the sorted leaves,
    segments, steps or observations.
    steps: dict of column step_<hash> to the compiled node. observations: list of SQL texts. -#}
{% macro segment_outputs(catalogue) %}
  {%- if 'outputs' in catalogue -%}{{- return(catalogue.outputs) -}}{%- endif -%}
  {%- set state = {'conditions': [], 'steps': {}, 'leaf_places': {}, 'segment_places': {}, 'observed_places': {}, 'observations': []} -%}
  {%- for name in catalogue.leaves.keys() | sort -%}
    {%- do state.leaf_places.update({name: loop.index}) -%}
    {%- set leaf = catalogue.leaves[name] -%}
    {%- if leaf.get('observed') and not (leaf.get('is_personal') and not var('expose_pii')) and leaf.observed not in state.observed_places -%}
      {%- do state.observations.append(leaf.observed) -%}
      {%- do state.observed_places.update({leaf.observed: state.observations | length}) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- for segment in catalogue.segments -%}{%- do state.segment_places.update({segment.segment: loop.index}) -%}{%- endfor -%}
  {%- for segment in catalogue.segments -%}
    {%- set rows = [] -%}
    {%- set taken = segment_leaf_paths(segment.rule) -%}
    {%- set root = segment.rule -%}
    {%- if root.kind == 'all' -%}
      {%- set top = segment_condition_row(state, catalogue, segment, rows, root, none, 0, none, taken) -%}
      {%- for part in root.parts -%}{%- do segment_condition_rows(state, catalogue, segment, rows, part, top.condition_number, 1, loop.index, taken) -%}{%- endfor -%}
    {%- else -%}
      {%- do segment_condition_rows(state, catalogue, segment, rows, root, none, 0, 1, taken) -%}
    {%- endif -%}
    {%- do state.conditions.extend(rows) -%}
  {%- endfor -%}
  {%- set step_places = {} -%}
  {%- for name in state.steps.keys() | sort -%}{%- do step_places.update({name: loop.index}) -%}{%- endfor -%}
  {%- for row in state.conditions -%}{%- do row.update({'step_place': step_places.get(row.step)}) -%}{%- endfor -%}
  {%- do catalogue.update({'outputs': {'conditions': state.conditions, 'steps': state.steps, 'observations': state.observations}}) -%}
  {{- return(catalogue.outputs) -}}
{% endmacro %}

{#- Add a part of a rule to `rows`, itself before what it holds. step: which part of the top `all` it
    belongs to. taken: paths given already. The other arguments: see segment_condition_row. -#}
{% macro segment_condition_rows(state, catalogue, segment, rows, node, parent, depth, step, taken) %}
  {%- set row = segment_condition_row(state, catalogue, segment, rows, node, parent, depth, step, taken) -%}
  {%- for part in node.parts or [] -%}
    {%- do segment_condition_rows(state, catalogue, segment, rows, part, row.condition_number, depth + 1, step, taken) -%}
  {%- endfor -%}
{% endmacro %}

{#- Add one node of a rule to `rows` and return its dict. parent: number of the node that holds it. -#}
{% macro segment_condition_row(state, catalogue, segment, rows, node, parent, depth, step, taken) %}
  {%- set is_step = step is not none and depth == (1 if segment.rule.kind == 'all' else 0) -%}
  {%- set path = node.path -%}
  {%- if node.kind in ('all', 'any', 'not') -%}
    {%- set path = path ~ '.' ~ node.kind if path in taken else path -%}
    {%- do taken.update({path: true}) -%}
  {%- endif -%}
  {%- set name = 'step_' ~ local_md5(node.canonical)[:12] if is_step else none -%}
  {%- if is_step -%}{%- do state.steps.update({name: node}) -%}{%- endif -%}
  {%- set leaf = catalogue.leaves[node.leaf] if node.kind == 'leaf' else {} -%}
  {%- set observed = leaf.get('observed') -%}
  {%- set row = {
      'segment': segment.segment, 'condition_number': rows | length + 1, 'condition_path': path, 'condition_text': node.words,
      'condition_kind': 'condition' if node.kind == 'leaf' else node.kind, 'parent_number': parent, 'nesting_depth': depth,
      'step_number': step, 'is_step': is_step, 'step': name, 'leaf': node.get('leaf'), 'leaf_place': state.leaf_places.get(node.get('leaf')),
      'referred_segment': node.get('segment'), 'segment_place': state.segment_places.get(node.get('segment')),
      'observed_key': leaf.get('observed_key'), 'observed_place': state.observed_places.get(observed),
  } -%}
  {%- do rows.append(row) -%}
  {{- return(row) -}}
{% endmacro %}

{#- The paths of a rule's conditions and references, as a dict of path to true. -#}
{% macro segment_leaf_paths(node, found=none) %}
  {%- set paths = {} if found is none else found -%}
  {%- if node.kind in ('leaf', 'segment') -%}{%- do paths.update({node.path: true}) -%}{%- endif -%}
  {%- for part in node.parts or [] -%}{%- do segment_leaf_paths(part, paths) -%}{%- endfor -%}
  {{- return(paths) -}}
{% endmacro %}

{#- The select list of the step table: one boolean column per distinct step, laid out as its tree. -#}
{% macro segment_step_columns(steps, leaves) %}
  {%- set columns = [] -%}
  {%- for name in steps.keys() | sort -%}
    {%- do columns.append(segment_aliased(segment_rule_lines(steps[name], leaves, '    ', ''), name, '    ')) -%}
  {%- endfor -%}
  {{- return(columns | join(',\n') | trim) -}}
{% endmacro %}

{#- How many customers pass each distinct step, and how many pass each step of each rule and all steps
    before it, as two lists of counts. conditions: the steps among segment_outputs().conditions, in order.
    A sum over 0 and 1 reads the flags in one pass; `filter` would keep a copy of all columns for each. -#}
{% macro segment_step_counts(conditions, steps) %}
  {%- set alone = [] -%}
  {%- for name in steps.keys() | sort -%}{%- do alone.append('sum(cast(' ~ name ~ ' as int))') -%}{%- endfor -%}
  {%- set in_order = [] -%}
  {%- set before = [] -%}
  {%- for row in conditions -%}
    {%- if row.step_number == 1 -%}{%- do before.clear() -%}{%- endif -%}
    {%- do before.append(row.step) -%}
    {%- do in_order.append('sum(cast((' ~ before | join(' and ') ~ ') as int))') -%}
  {%- endfor -%}
  {{- return(list_of_columns(alone, 'bigint') ~ ' as alone,\n        ' ~ list_of_columns(in_order, 'bigint') ~ ' as in_order') -}}
{% endmacro %}
