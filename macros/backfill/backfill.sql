{#- Say which segments one pass can compute as of any date, and which need a build for each date.

    Writes tables plan (segment, rule_hash, is_one_pass, reason) and calendar. scratch: file of the tables of
    this back-fill. from_date, before_date: the range as text, the second not included. grain: day, week or
    month. A run-operation with var as_of_is_open; as_of_date is the date of the last build. -#}
{% macro backfill_plan(scratch, from_date, before_date, grain) %}
  {%- do backfill_attach(scratch) -%}
  {%- set catalogue = segment_catalogue() -%}
  {%- set rows = [] -%}
  {%- for name, reason in backfill_reasons(catalogue).items() -%}
    {%- set hash = (catalogue.segments | selectattr('segment', 'equalto', name) | first).rule_hash -%}
    {%- do rows.append({'segment': name, 'rule_hash': hash, 'reason': reason, 'is_one_pass': 'true' if reason is none else 'false'}) -%}
  {%- endfor -%}
  {%- do backfill_create('plan', 'with given (segment, rule_hash, reason, is_one_pass) as ('
      ~ value_rows(rows, ['segment', 'rule_hash', 'reason'], ['is_one_pass']) ~ ')'
      ~ ' select cast(segment as string) as segment, cast(rule_hash as string) as rule_hash, cast(reason as string) as reason,'
      ~ ' cast(is_one_pass as boolean) as is_one_pass from given') -%}
  {%- do backfill_calendar(from_date, before_date, grain) -%}
  {%- do run_query('create table ' ~ backfill_table('looped_stays')
      ~ ' (segment string, customer_id string, from_date date, to_date date, entry_cause string, exit_cause string)') -%}
{% endmacro %}

{#- Compute who is in which segment on each recorded date of a range, in one pass over all facts.

    Fills table member_spans (segment, customer_no, from_date, to_date): from_date and to_date are recorded
    dates, to_date the first at which the customer is no member; 9999-12-31 = none in the range. segments: names;
    those that they refer to are computed, too. A run-operation after backfill_plan, same scratch and vars. -#}
{% macro backfill_one_pass(scratch, segments) %}
  {%- do backfill_attach(scratch) -%}
  {%- set catalogue = segment_catalogue() -%}
  {%- set wanted = backfill_with_references(catalogue, segments) -%}
  {%- set leaves = backfill_leaves(catalogue, wanted) -%}
  {%- do backfill_identities() -%}
  {%- do run_query('create table ' ~ backfill_table('off_spans') ~ ' (leaf_no int, customer_no int, from_date date, to_date date)') -%}
  {%- do run_query('create table ' ~ backfill_table('member_spans') ~ ' (segment string, segment_no int, customer_no int, from_date date, to_date date)') -%}
  {%- do backfill_attribute_leaves(leaves) -%}
  {%- do backfill_list_leaves(leaves) -%}
  {%- do backfill_purchase_leaves(leaves) -%}
  {%- do backfill_engagement_leaves(leaves) -%}
  {%- do backfill_measure_leaves(catalogue, leaves) -%}
  {%- do backfill_rules(catalogue, leaves, wanted) -%}
{% endmacro %}

{#- Open the file that holds the tables of a back-fill, so that the warehouse does not grow by them. scratch: path. -#}
{% macro backfill_attach(scratch) %}{{- return(adapter.dispatch('backfill_attach', 'customer_segmentation')(scratch)) -}}{% endmacro %}

{% macro default__backfill_attach(scratch) %}
  {%- do exceptions.raise_compiler_error('Back-fill: not yet written for engine ' ~ target.type ~ '; it runs on DuckDB.') -%}
{% endmacro %}

{% macro duckdb__backfill_attach(scratch) %}
  {%- do run_query('attach if not exists ' ~ sql_string(scratch) ~ " as backfill (storage_version 'v1.5.0')") -%}
{% endmacro %}

{#- A table of a back-fill. name: its name. -#}
{% macro backfill_table(name) %}{{- return('backfill.main.' ~ name) -}}{% endmacro %}

{#- Create a table of a back-fill. name: its name. query: SQL. -#}
{% macro backfill_create(name, query) %}
  {%- do run_query('create table ' ~ backfill_table(name) ~ ' as\n' ~ query) -%}
{% endmacro %}

{#- What stands for "not within the range" where a date ends a span. -#}
{% macro backfill_end() %}{{- return("cast('9999-12-31' as date)") -}}{% endmacro %}
