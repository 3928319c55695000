{#- The steps of all sequences as rows (measure_key, condition_id, steps_left, is_not_step, has_same, from_date,
    before_date): steps_left counts down to 0, the last real step. A `not` step is looked for until the
    as-of date. sequences: from segment_catalogue. -#}
{% macro ledger_step_rows(sequences) %}
  {%- set rows = [] -%}
  {%- for name in sequences.keys() | sort -%}
    {%- set one = sequences[name] -%}
    {%- set same = 'true' if one.has_same else 'false' -%}
    {%- for id in one.steps -%}
      {%- do rows.append('(' ~ [ledger_measure_key(name), sql_string(id), one.steps | length - loop.index, 'false', same,
          sql_string(one.from_date or '0001-01-01'), sql_string(one.before_date)] | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- if one.not_step -%}
      {%- do rows.append('(' ~ [ledger_measure_key(name), sql_string(one.not_step), '-1', 'true', same,
          sql_string(one.from_date or '0001-01-01'), sql_string(as_of_day())] | join(', ') ~ ')') -%}
    {%- endif -%}
  {%- endfor -%}
  {{- return(ledger_values(rows, 7)) -}}
{% endmacro %}

{#- The sequences as rows (measure_key, sequence, first_steps_left, within_months, within_days).
    sequences: from segment_catalogue. -#}
{% macro ledger_sequence_rows(sequences) %}
  {%- set rows = [] -%}
  {%- set days, months = {'day': 1, 'week': 7}, {'month': 1, 'year': 12} -%}
  {%- for name in sequences.keys() | sort -%}
    {%- set one = sequences[name] -%}
    {%- set count, unit = (one.within.count, one.within.unit) if one.within else (none, none) -%}
    {%- do rows.append('(' ~ [
        ledger_measure_key(name), sql_string(name), one.steps | length - 1,
        'null' if count is none else count * months.get(unit, 0), 'null' if count is none else count * days.get(unit, 0)
    ] | join(', ') ~ ')') -%}
  {%- endfor -%}
  {{- return(ledger_values(rows, 5)) -}}
{% endmacro %}

{#- Most steps that any sequence has, at least 1. sequences: from segment_catalogue. -#}
{% macro ledger_most_steps(sequences) %}
  {%- set most = namespace(steps=1) -%}
  {%- for one in sequences.values() -%}{%- set most.steps = [most.steps, one.steps | length] | max -%}{%- endfor -%}
  {{- return(most.steps) -}}
{% endmacro %}
