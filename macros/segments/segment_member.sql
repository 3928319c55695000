{#- Compile a `segment:` leaf: membership in another segment, perhaps with when it began or ended. -#}
{% macro segment_member_rule(context, node, path) %}
  {%- set known = ['segment', 'entered_within', 'exited_within'] -%}
  {%- for key in node if key not in known -%}
    {%- do segment_fail(context, path, "key '" ~ segment_plain(key, 60) ~ "'", known | join(', '), key, known) -%}
  {%- endfor -%}
  {%- set other = node.segment -%}
  {%- if other is not string or other not in context.names -%}
    {%- do segment_fail(context, path ~ '.segment', segment_shown(other), 'the name of a segment of the catalogue', other, context.names) -%}
  {%- elif node | length > 2 -%}
    {%- do segment_fail(context, path, 'entered_within and exited_within', 'one of them') -%}
  {%- endif -%}
  {%- do context.references.setdefault(context.segment, {}).setdefault(other, path ~ '.segment') -%}
  {%- set member = {'kind': 'segment', 'segment': other, 'path': path ~ ('.segment' if node | length == 1 else ''), 'words': 'in segment ' ~ other, 'canonical': tojson(['segment', other])} -%}
  {%- if node | length == 1 -%}{{- return(member) -}}{%- endif -%}
  {%- set key = 'entered_within' if 'entered_within' in node else 'exited_within' -%}
  {%- set period = segment_period(context, path ~ '.' ~ key, node[key]) -%}
  {%- set first = "cast('" ~ segment_shifted_day(period, -1) ~ "' as date)" -%}
  {%- do context.stays.update({other: true}) -%}
  {%- set column = 'stays.' ~ other -%}
  {%- if key == 'entered_within' -%}
    {%- set sql = column ~ '_is_recorded and (' ~ column ~ '_since_date is null or (' ~ column ~ '_is_start_known and ' ~ column ~ '_since_date >= ' ~ first ~ '))' -%}
    {%- set words, observed = 'entered ' ~ other ~ ' within ' ~ period.words, column ~ '_since_date' -%}
  {%- else -%}
    {%- set sql = column ~ '_since_date is not null or ' ~ column ~ '_last_exit_date >= ' ~ first -%}
    {%- set words, observed = 'left ' ~ other ~ ' within ' ~ period.words, column ~ '_last_exit_date' -%}
  {%- endif -%}
  {%- set leaf = {'sql': 'coalesce(' ~ sql ~ ', false)', 'words': words, 'canonical': tojson([key, other, period.canonical]),
      'observed': 'cast(' ~ observed ~ ' as string)', 'observed_key': key ~ '_' ~ other} -%}
  {%- set now = member if key == 'entered_within' else {'kind': 'not', 'parts': [member], 'path': path, 'words': 'not in segment ' ~ other, 'canonical': tojson(['not', member.canonical])} -%}
  {{- return(segment_join('all', [now, segment_register(context, dict(leaf, path=path ~ '.' ~ key))], path)) -}}
{% endmacro %}

{#- Compile a `list:` leaf: the customer, or a contact of it, is in a static list. -#}
{% macro segment_list_leaf(context, node, path) %}
  {%- if node | length > 1 -%}{%- do segment_fail(context, path, 'keys ' ~ segment_plain(node.keys() | join(', '), 80), 'list alone') -%}{%- endif -%}
  {%- set names = segment_list_names() -%}
  {%- if node.list is not string or node.list not in names -%}
    {%- do segment_fail(context, path ~ '.list', segment_shown(node.list), 'a list of seed segment_lists or of var segment_lists: ' ~ (names | join(', ') or 'there is none'), node.list, names) -%}
  {%- endif -%}
  {%- do context.lists.update({node.list: true}) -%}
  {%- set column = 'coalesce(lists.list_' ~ node.list ~ ', false)' -%}
  {{- return({'sql': column, 'words': 'in list ' ~ node.list, 'canonical': tojson(['list', node.list]), 'path': path ~ '.list',
      'observed': 'case when ' ~ column ~ " then 'listed' else 'not listed' end", 'observed_key': 'list_' ~ node.list}) -}}
{% endmacro %}

{#- The names of the static lists: those that the seed segment_lists declares (config.meta.lists) and the
    keys of var segment_lists. -#}
{% macro segment_list_names() %}
  {%- set seed = graph.nodes.get('seed.customer_segmentation.segment_lists') -%}
  {%- set declared = (seed.config.meta or {}).get('lists', {}) if seed else {} -%}
  {{- return((declared.keys() | list + (var('segment_lists', none) or {}).keys() | list) | unique | sort) -}}
{% endmacro %}

{#- The rows (list, contact_id) of var segment_lists, a mapping of names to lists of contact ids; stops where
    it is anything else. -#}
{% macro segment_list_rows() %}
  {%- set lists = var('segment_lists', none) or {} -%}
  {%- set allowed = 'a mapping of snake_case names to lists of contact ids in quotes, such as {staff: ["C0000001"]}' -%}
  {%- if lists is not mapping -%}{%- do var_fail('segment_lists', allowed) -%}{%- endif -%}
  {%- set rows = [] -%}
  {%- for name, ids in lists.items() -%}
    {%- if name is not string or name | length > 50 or not modules.re.match('^[a-z][a-z0-9]*(_[a-z0-9]+)*\\Z', name) or ids is string or ids is mapping or ids is not sequence or ids | reject('string') | list -%}
      {%- do var_fail('segment_lists', allowed) -%}
    {%- endif -%}
    {%- for id in ids -%}{%- do rows.append((name, id)) -%}{%- endfor -%}
  {%- endfor -%}
  {{- return(rows) -}}
{% endmacro %}

{#- Compile a `sample:` leaf: a share of all customers, the same ones for ever. -#}
{% macro segment_sample_leaf(context, node, path) %}
  {%- if node | length > 1 -%}{%- do segment_fail(context, path, 'keys ' ~ segment_plain(node.keys() | join(', '), 80), 'sample alone') -%}{%- endif -%}
  {%- set sample = segment_drawn(context, node, 'sample', path ~ '.sample') -%}
  {%- set sql = stable_hash("customers.customer_id || ':' || " ~ sql_string(sample.salt)) -%}
  {{- return({'sql': sql ~ ' < ' ~ sample.below, 'words': 'in a sample of ' ~ sample.percent ~ ' percent by ' ~ segment_plain(sample.salt, 100),
      'canonical': tojson(['sample', sample.below, sample.salt]), 'path': path ~ '.sample',
      'observed': 'case when ' ~ sql ~ ' < ' ~ sample.below ~ " then 'drawn' else 'not drawn' end", 'observed_key': 'sample_' ~ local_md5(tojson([sample.below, sample.salt]))[:12]}) -}}
{% endmacro %}

{#- Check {percent, salt} of a sample or a holdout: {percent, salt, below}; a customer whose stable hash is
    under `below` is in. keys: the mapping that holds it. -#}
{% macro segment_drawn(context, keys, name, path) %}
  {%- set part = segment_part(context, keys, name, ['percent', 'salt'], path) -%}
  {%- if part.percent is boolean or part.percent is not number or not 0 < part.percent < 100 -%}
    {%- do segment_fail(context, path ~ '.percent', segment_shown(part.get('percent')), 'a number above 0 and below 100') -%}
  {%- elif part.salt is not string or not part.salt -%}
    {%- do segment_fail(context, path ~ '.salt', segment_shown(part.get('salt')), 'a text; it stays the same for as long as the ' ~ name ~ ' does') -%}
  {%- endif -%}
  {%- do segment_value(context, path ~ '.salt', 'text', part.salt) -%}
  {{- return({'percent': part.percent, 'salt': part.salt, 'below': (part.percent * 2684354.56) | round | int}) -}}
{% endmacro %}
