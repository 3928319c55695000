{#- What the memberships of a customer are, as one number: a sum of what stands for each segment that it is in and for
    each way to reach it. Two customers' differ unless 48 bits of MD5 happen to add up to the same.

    catalogue: from segment_catalogue. rules, customers: aliases of int_segment_rules__resolved and int_customers__enriched. -#}
{% macro memberships_fingerprint(catalogue, rules, customers) %}
  {%- set terms, groups = [], [] -%}
  {%- for flag in segment_flags(catalogue.segments) -%}{%- do terms.append([rules ~ '.' ~ flag, flag]) -%}{%- endfor -%}
  {%- for channel in ['email', 'sms', 'push', 'ads'] -%}
    {%- set flag = 'is_' ~ channel ~ '_reachable' -%}
    {%- do terms.append([customers ~ '.' ~ flag, flag]) -%}
  {%- endfor -%}
  {#- In groups, so that no engine has to read an expression as deep as the catalogue is long. -#}
  {%- for group in terms | batch(50) -%}
    {%- set numbers = [] -%}
    {%- for condition, text in group -%}
      {%- do numbers.append('case when ' ~ condition ~ ' then ' ~ (local_md5(text)[:12] | int(base=16)) ~ ' else 0 end') -%}
    {%- endfor -%}
    {%- do groups.append('(\n        ' ~ numbers | join('\n        + ') ~ '\n    )') -%}
  {%- endfor -%}
  {{- return(groups | join(' + ')) -}}
{% endmacro %}

{#- MD5 of everything beside the rules that says what stands in a membership and what of it is recorded, for the segments
    of a catalogue. catalogue: from segment_catalogue. -#}
{% macro memberships_catalogue_hash(catalogue) %}
  {%- set resting, recorded, parts = segments_of_attributes(catalogue), segment_recorded(catalogue) | map(attribute='segment') | list, [] -%}
  {%- for one in catalogue.segments -%}
    {%- do parts.append([one.segment, one.reach, one.holdout_salt, one.holdout_below, one.segment in resting, one.segment in recorded]) -%}
  {%- endfor -%}
  {{- return(local_md5(tojson([parts, segments_by_priority(catalogue.segments)]))) -}}
{% endmacro %}
