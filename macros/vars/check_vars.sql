{#- Check every var before anything is built; stops at the first that makes no sense, with one line that
    says what was found and what is allowed. Segments have their own check. -#}
{% macro check_vars() %}
  {%- do check_settings_are_there() -%}
  {%- do as_of_day() -%}
  {%- do known_at() -%}
  {%- for name in ['occasions_require_revenue', 'expose_pii', 'record_history'] -%}
    {%- if var(name) is not boolean -%}{%- do var_fail(name, 'true or false') -%}{%- endif -%}
  {%- endfor -%}
  {%- for name, least in [('max_contacts_per_identifier', 1), ('future_tolerance_minutes', 0), ('lifecycle_new_days', 1),
      ('lifecycle_lapsing_days', 1), ('lifecycle_churned_days', 1)] -%}
    {%- if var(name) is not integer or var(name) is boolean or var(name) < least -%}
      {%- do var_fail(name, 'a whole number from ' ~ least ~ ' on') -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if var('lifecycle_lapsing_days') >= var('lifecycle_churned_days') -%}
    {%- do var_fail('lifecycle_lapsing_days', 'fewer days than lifecycle_churned_days, ' ~ var('lifecycle_churned_days')) -%}
  {%- endif -%}
  {%- for name in ['value_tier_a_share', 'value_tier_b_share'] -%}
    {%- if var(name) is not number or var(name) is boolean or var(name) <= 0 or var(name) > 1 -%}
      {%- do var_fail(name, 'a share above 0 and up to 1') -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if var('value_tier_a_share') > var('value_tier_b_share') -%}
    {%- do var_fail('value_tier_a_share', 'at most value_tier_b_share, ' ~ var('value_tier_b_share')) -%}
  {%- endif -%}
  {%- if var('continue_up_to_share') is not number or var('continue_up_to_share') is boolean or var('continue_up_to_share') < 0 -%}
    {%- do var_fail('continue_up_to_share', 'a share of 0 or more') -%}
  {%- endif -%}
  {%- for name in ['cancelled_statuses', 'engagement_event_types', 'accept_with_null'] -%}{%- do text_list_var(name) -%}{%- endfor -%}
  {%- for name in ['reporting_currency', 'pii_salt'] -%}
    {%- if var(name) is not string or not var(name) -%}{%- do var_fail(name, 'a text') -%}{%- endif -%}
  {%- endfor -%}
  {%- if var('score_mode') not in score_modes() -%}{%- do var_fail('score_mode', score_modes() | join(', ')) -%}{%- endif -%}
  {%- do segment_metrics_days() -%}
  {%- do migration_period() -%}
  {%- do check_segment_alerts() -%}
  {%- do check_campaign_cohorts(var('campaign_cohorts')) -%}
{% endmacro %}

{#- Value of a var that is a list of texts; stops where it is not. name: the var. -#}
{% macro text_list_var(name) %}
  {%- if var(name) is string or var(name) is mapping or var(name) is not iterable or var(name) | reject('string') | list -%}
    {%- do var_fail(name, 'a list of texts, [] for none') -%}
  {%- endif -%}
  {{- return(var(name)) -}}
{% endmacro %}

{#- Event types that models count by day: engagement, and what cohorts start from. -#}
{% macro counted_event_types() %}
  {{- return((text_list_var('engagement_event_types') + ['app_installed']) | unique | list) -}}
{% endmacro %}

{#- Check var campaign_cohorts. campaigns: its value. -#}
{% macro check_campaign_cohorts(campaigns) %}
  {%- set allowed = 'a list of {name: snake_case, from_date: YYYY-MM-DD, before_date: a later YYYY-MM-DD}, each name once; [] for none' -%}
  {%- if campaigns is string or campaigns is mapping or campaigns is not iterable -%}{%- do var_fail('campaign_cohorts', allowed) -%}{%- endif -%}
  {%- for campaign in campaigns -%}
    {%- if campaign is not mapping or campaign.keys() | sort != ['before_date', 'from_date', 'name']
        or not modules.re.match('^[a-z][a-z0-9_]*$', campaign.name | string)
        or not is_calendar_day(campaign.from_date) or not is_calendar_day(campaign.before_date)
        or campaign.from_date | string >= campaign.before_date | string
        or campaigns | selectattr('name', 'equalto', campaign.name) | list | length > 1 -%}
      {%- do exceptions.raise_compiler_error("Var campaign_cohorts[" ~ loop.index0 ~ "]: found " ~ campaign ~ "; allowed: " ~ allowed ~ ".") -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}

{#- Stop with a line about a var. name: the var. allowed: what it may be, in words. -#}
{% macro var_fail(name, allowed) %}
  {%- do check_settings_are_there() -%}
  {%- do exceptions.raise_compiler_error("Var " ~ name ~ ": found " ~ (var(name) | tojson) ~ "; allowed: " ~ allowed ~ ".") -%}
{% endmacro %}
