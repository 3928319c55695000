{#- Check everything of a segment but its rule. context: compilation state, told the name. one: the
    declaration. Returns a dict with the columns of `segments`, the holdout and the raw rule. -#}
{% macro segment_header(context, one) %}
  {%- set known = ['name', 'label', 'description', 'layer', 'goal', 'owner', 'priority', 'reach', 'size', 'holdout', 'exclude', 'for_each', 'rule'] -%}
  {%- if one is not mapping -%}{%- do segment_fail(context, 'segment', segment_shown(one), 'a mapping with name, description, layer and rule') -%}{%- endif -%}
  {%- set keys = segment_text_keys(one) -%}
  {%- set name = keys.get('name') -%}
  {%- if 'name' in keys and (name is not string or name | length > 60 or not modules.re.match('^[a-z][a-z0-9]*(_[a-z0-9]+)*\\Z', name)) -%}
    {%- do segment_fail(context, 'name', segment_shown(name), 'snake_case: small letters, digits and single _, a letter first, at most 60') -%}
  {%- endif -%}
  {%- if name -%}{%- do context.update({'segment': name}) -%}{%- endif -%}
  {%- for key in keys if key not in known -%}
    {%- do segment_fail(context, 'segment', "key '" ~ segment_plain(key, 60) ~ "'", known | join(', '), key, known) -%}
  {%- endfor -%}
  {%- for key in ('name', 'description', 'layer', 'rule') if key not in keys -%}
    {%- do segment_fail(context, 'segment', 'no ' ~ key, 'every segment has name, description, layer and rule') -%}
  {%- endfor -%}
  {%- for key in ('label', 'description', 'owner') if key in keys and (keys[key] is not string or not keys[key] | trim or keys[key] | length > 4000) -%}
    {%- do segment_fail(context, key, segment_shown(keys[key]), 'a text that is not blank') -%}
  {%- endfor -%}
  {%- set choices = {
      'layer': ['strategic', 'derived', 'micro'], 'reach': ['email', 'sms', 'push', 'ads'],
      'goal': ['acquisition', 'conversion', 'growth', 'retention', 'win_back', 'research'],
  } -%}
  {%- for key, words in choices.items() if key in keys and (keys[key] is not string or keys[key] not in words) -%}
    {%- do segment_fail(context, key, segment_shown(keys[key]), words | join(', '), keys[key], words) -%}
  {%- endfor -%}
  {%- if 'priority' in keys and (keys.priority is not integer or keys.priority < 0 or keys.priority > 1000000) -%}
    {%- do segment_fail(context, 'priority', segment_shown(keys.priority), 'a whole number from 0 to 1000000 (lowest wins; equal ones go by name)') -%}
  {%- endif -%}
  {%- set size = segment_part(context, keys, 'size', ['min', 'max_share']) -%}
  {%- if 'min' in size and (size.min is not integer or size.min < 0 or size.min > 1000000000) -%}
    {%- do segment_fail(context, 'size.min', segment_shown(size.min), 'a whole number of customers, 0 or more') -%}
  {%- elif 'max_share' in size and (size.max_share is boolean or size.max_share is not number or not 0 < size.max_share <= 1 or not segment_digits(size.max_share)) -%}
    {%- do segment_fail(context, 'size.max_share', segment_shown(size.max_share), 'a share above 0 and at most 1') -%}
  {%- endif -%}
  {%- set holdout = segment_drawn(context, keys, 'holdout', 'holdout') if 'holdout' in keys else {} -%}
  {{- return({
      'segment': name, 'label': segment_plain(keys.get('label', (name[:1] | upper) ~ name[1:] | replace('_', ' '))) | trim,
      'description': segment_plain(keys.description) | trim, 'layer': keys.layer, 'goal': keys.get('goal'),
      'owner': segment_plain(keys.owner) | trim if 'owner' in keys else none, 'priority': keys.get('priority'), 'reach': keys.get('reach'),
      'min_customers': size.get('min'), 'max_share': segment_digits(size.max_share) if 'max_share' in size else none,
      'holdout_salt': holdout.get('salt'), 'holdout_below': holdout.get('below'), 'declared_rule': keys.rule,
      'declared_exclusions': keys.exclude if 'exclude' in keys else none,
  }) -}}
{% endmacro %}

{#- A nested mapping, its keys checked; an empty dict where it is absent. keys: the mapping that holds it. -#}
{% macro segment_part(context, keys, name, known, path=none) %}
  {%- if name not in keys -%}{{- return({}) -}}{%- endif -%}
  {%- set path = path or name -%}
  {%- if keys[name] is not mapping or not keys[name] -%}
    {%- do segment_fail(context, path, segment_shown(keys[name]), 'a mapping with ' ~ known | join(', ')) -%}
  {%- endif -%}
  {%- set part = segment_text_keys(keys[name]) -%}
  {%- for key in part if key not in known -%}
    {%- do segment_fail(context, path, "key '" ~ segment_plain(key, 60) ~ "'", known | join(', '), key, known) -%}
  {%- endfor -%}
  {{- return(part) -}}
{% endmacro %}
