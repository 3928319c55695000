{#- Stop with one line where settings are missing: dbt reads vars.yml of the root project only, so whoever installs this project
    as a package has a copy of it. -#}
{% macro check_settings_are_there() %}
  {%- set missing = [] -%}
  {%- for name in setting_names() if not var.has_var(name) -%}{%- do missing.append(name) -%}{%- endfor -%}
  {%- if missing | length == setting_names() | length -%}
    {%- do exceptions.raise_compiler_error('Settings: there are none. Copy dbt_packages/customer_segmentation/vars.yml beside your '
        ~ 'dbt_project.yml and edit it: these are your segments and settings (docs/package.md).') -%}
  {%- elif missing -%}
    {%- do exceptions.raise_compiler_error('Settings: vars.yml lacks ' ~ missing | join(', ')
        ~ '; take the lines over from vars.yml of the package customer_segmentation (docs/package.md).') -%}
  {%- endif -%}
{% endmacro %}

{#- The names of all settings, as in vars.yml. -#}
{% macro setting_names() %}
  {{- return([
      'as_of_date', 'timezone', 'known_at', 'raw_schema', 'raw_database', 'raw_contacts_identifier',
      'raw_orders_identifier', 'raw_order_lines_identifier', 'raw_products_identifier', 'raw_events_identifier',
      'future_tolerance_minutes', 'accept_with_null', 'pii_salt', 'expose_pii', 'reporting_currency',
      'max_contacts_per_identifier', 'cancelled_statuses', 'occasions_require_revenue', 'score_mode',
      'engagement_event_types', 'value_tier_a_share', 'value_tier_b_share', 'lifecycle_new_days',
      'lifecycle_lapsing_days', 'lifecycle_churned_days', 'campaign_cohorts', 'continue_up_to_share',
      'record_history', 'segment_alerts_critical', 'segment_alerts_info', 'segment_alerts_off',
      'segment_alert_growth_share', 'segment_alert_growth_customers', 'segment_alert_conversion_fall',
      'segment_alert_days', 'segment_alert_stability_index', 'segment_alert_stale_days', 'segment_alert_empty_runs',
      'segment_alert_jaccard', 'segment_alert_flapping_changes', 'segment_alert_flapping_share',
      'segment_alert_unused_days', 'segments_in_use', 'segment_metrics_days', 'migration_period', 'segment_lists',
      'segments'
  ]) -}}
{% endmacro %}
