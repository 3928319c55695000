{#- The segments that this run records, as a list of {segment, rule_hash, is_ranked}: all with var record_history,
    else those whose stays the rules ask for. catalogue: from segment_catalogue. -#}
{% macro segment_recorded(catalogue) %}
  {%- set ranked = segments_ranked(catalogue) -%}
  {%- set rows = [] -%}
  {%- for one in catalogue.segments if var('record_history') or one.segment in catalogue.stays -%}
    {%- do rows.append({'segment': one.segment, 'rule_hash': one.rule_hash, 'is_ranked': one.segment in ranked}) -%}
  {%- endfor -%}
  {{- return(rows) -}}
{% endmacro %}

{#- The columns of customers that rank a customer among others, so that they change when others do. Scores of
    modes fixed and frozen do not. cumulative_revenue_share does every day for everybody, and says nothing. -#}
{% macro ranked_customer_columns() %}
  {%- set scores = ['r_score', 'f_score', 'm_score', 'rfm_segment', 'engagement_segment'] if var('score_mode') == 'quantile' else [] -%}
  {{- return(scores + ['value_tier', 'value_decile']) -}}
{% endmacro %}

{#- The names of the segments whose rule asks for a rank, itself or through a segment that it refers to, as
    a dict of name to true. catalogue: from segment_catalogue. -#}
{% macro segments_ranked(catalogue) %}
  {{- return(segments_asking(catalogue, ranked_customer_columns())) -}}
{% endmacro %}

{#- The names of the segments whose rule asks for what contacts say of themselves, itself or through a segment that it
    refers to, as a dict of name to true. catalogue: from segment_catalogue. -#}
{% macro segments_of_attributes(catalogue) %}
  {%- set derived = ['updated_at', 'age_years', 'is_email_reachable', 'is_sms_reachable', 'is_push_reachable', 'is_ads_reachable'] -%}
  {{- return(segments_asking(catalogue, contact_attributes() + derived)) -}}
{% endmacro %}

{#- The names of the segments whose rule asks for some columns of customers, itself or through a segment that it
    refers to, as a dict of name to true. catalogue: from segment_catalogue. columns: names. -#}
{% macro segments_asking(catalogue, columns) %}
  {%- set asking, leaves = {}, {} -%}
  {%- set pattern = 'customers[.](' ~ columns | join('|') ~ ')\\b' -%}
  {%- for name, leaf in catalogue.leaves.items() if modules.re.search(pattern, leaf.sql) -%}{%- do leaves.update({name: true}) -%}{%- endfor -%}
  {%- for one in catalogue.segments | sort(attribute='level') if segment_mentions(one.rule, leaves, asking) -%}{%- do asking.update({one.segment: true}) -%}{%- endfor -%}
  {{- return(asking) -}}
{% endmacro %}

{#- Whether a rule holds one of some conditions or refers to one of some segments. node: a compiled rule.
    leaves, segments: dicts by name. -#}
{% macro segment_mentions(node, leaves, segments) %}
  {%- if node.get('leaf') in leaves or node.get('segment') in segments -%}{{- return(true) -}}{%- endif -%}
  {%- for part in node.get('parts') or [] if segment_mentions(part, leaves, segments) -%}{{- return(true) -}}{%- endfor -%}
  {{- return(false) -}}
{% endmacro %}

{#- Why a customer entered or left a segment: the first cause that applies. written: alias of
    int_segments__written. changes: alias of int_customer_changes__flagged, left joined. -#}
{% macro transition_cause(written, changes) -%}
case
            when {{ changes }}.is_identity_merged then 'identity_merged'
            when coalesce({{ written }}.rule_hash, '') <> coalesce({{ written }}.former_rule_hash, '') then 'rule_edited'
            when {{ changes }}.is_data_corrected then 'data_corrected'
            when {{ written }}.is_ranked and {{ changes }}.is_only_ranked_anew then 'threshold_moved'
            else 'customer_changed'
        end
{%- endmacro %}

{#- MD5 of some columns of a row, NULL told from an empty text. columns: names. -#}
{% macro columns_hash(columns) %}
  {%- set texts = [] -%}
  {%- for column in columns -%}{%- do texts.append("coalesce(cast(" ~ column ~ " as string), '-')") -%}{%- endfor -%}
  {{- return('md5(' ~ texts | join(" || '|' || ") ~ ')') -}}
{% endmacro %}

{#- Take back what a former run of the same as-of date recorded, unless the record goes on after it; a pre-hook of
    what is recorded incrementally. recorded: relation with a column valid_from_date. -#}
{% macro forget_recorded_day(recorded) %}
  {%- if is_incremental() -%}
delete from {{ recorded }}
where
    valid_from_date = {{ as_of_date() }}
    and not exists (select 1 from {{ recorded }} as later where later.valid_from_date > {{ as_of_date() }})
  {%- endif -%}
{% endmacro %}
