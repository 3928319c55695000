{#- Which groups of measures look at which condition, as rows (condition_id, event_type, measure_group).
    catalogue: from segment_catalogue. -#}
{% macro ledger_group_rows(catalogue) %}
  {%- set conditions, rows = catalogue.get('conditions', {}), [] -%}
  {%- for group in ledger_measure_groups(catalogue) -%}
    {%- for name in group.measures -%}
      {%- set sequence = catalogue.get('sequences', {}).get(name, {'steps': [], 'not_step': none}) -%}
      {%- for id in [catalogue.measures[name].condition, sequence.not_step] + sequence.steps if id -%}
        {%- do rows.append('(' ~ [sql_string(id), sql_string(conditions[id].event), sql_string(group.name)] | join(', ') ~ ')') -%}
      {%- endfor -%}
    {%- endfor -%}
  {%- endfor -%}
  {{- return(ledger_values(rows | unique | sort, 3)) -}}
{% endmacro %}

{#- The customers of whom a continued run makes some groups of measures anew, as what stands after FROM.
    touched: relation of int_segment_measures__touched. kind: how the names of the groups begin. -#}
{% macro ledger_touched(touched, kind) %}
  {{- return("(select distinct customer_id from " ~ touched ~ " where measure_group like " ~ sql_string(kind ~ '%') ~ ")") -}}
{% endmacro %}

{#- Forget the rows of groups that the catalogue no longer has; after them nobody would ask. table: relation of
    int_segment_measures__packed. -#}
{% macro ledger_forget_groups(table) %}
  {%- if is_incremental() -%}
    {%- set names = ledger_measure_groups(segment_catalogue()) | map(attribute='name') | list -%}
delete from {{ table }} where measure_group not in ({{ sql_strings(names or ['']) }})
  {%- endif -%}
{% endmacro %}

{#- The same by measure. table: relation with column measure. -#}
{% macro ledger_forget_measures(table) %}
  {%- if is_incremental() -%}
    {%- set names = segment_catalogue().get('measures', {}).keys() | list -%}
delete from {{ table }} where measure not in ({{ sql_strings(names or ['']) }})
  {%- endif -%}
{% endmacro %}
