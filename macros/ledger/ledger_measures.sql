{#- Measures that one pass over the ledger sums: a list of {event, is_distinct, measures (names), condition_ids,
    before_date}. At most 32 a pass, so that a customer's sums stay a short row. first, last and sequences
    are not among them. catalogue: from segment_catalogue. -#}
{% macro ledger_measure_passes(catalogue) %}
  {%- set by_kind = {} -%}
  {%- set measures = catalogue.get('measures', {}) -%}
  {%- for name in measures.keys() | sort if measures[name].aggregate not in ('first', 'last', 'sequence') -%}
    {%- set one = measures[name] -%}
    {%- set kind = tojson([catalogue.conditions[one.condition].event, one.aggregate == 'distinct']) -%}
    {%- do by_kind.setdefault(kind, []).append(one.condition ~ ' ' ~ name) -%}
  {%- endfor -%}
  {%- set passes = [] -%}
  {%- for kind in by_kind.keys() | sort(case_sensitive=true) -%}
    {%- for keys in by_kind[kind] | sort(case_sensitive=true) | batch(32) -%}
      {%- set one = {'event': fromjson(kind)[0], 'measures': [], 'condition_ids': [], 'before_date': ''} -%}
      {%- for key in keys -%}
        {%- set id, name = key.split(' ') -%}
        {%- do one.measures.append(name) -%}
        {%- if id not in one.condition_ids -%}{%- do one.condition_ids.append(id) -%}{%- endif -%}
        {%- do one.update({'before_date': [one.before_date, measures[name].before_date] | max}) -%}
      {%- endfor -%}
      {%- do passes.append(one) -%}
    {%- endfor -%}
  {%- endfor -%}
  {{- return(passes) -}}
{% endmacro %}

{#- The measures of a pass as a select list over the ledger. one: a pass. measures: from segment_catalogue. -#}
{% macro ledger_measure_columns(one, measures) %}
  {%- for name in one.measures -%}
    {%- set measure = measures[name] -%}
    {%- set days = ["ledger.condition_id = '" ~ measure.condition ~ "'"] -%}
    {%- if measure.from_date -%}{%- do days.append("ledger.occurred_date >= cast('" ~ measure.from_date ~ "' as date)") -%}{%- endif -%}
    {%- if measure.before_date != one.before_date -%}{%- do days.append("ledger.occurred_date < cast('" ~ measure.before_date ~ "' as date)") -%}{%- endif %},
        -- {{ segment_plain(measure.words, 300) }}
        {{ ledger_measure(measure, ' filter (where ' ~ days | join(' and ') ~ ')') }} as {{ name }}
  {%- endfor -%}
{% endmacro %}

{#- The value of a measure. measure: from segment_catalogue. days: filter clause of its condition and window. -#}
{% macro ledger_measure(measure, days) %}
  {%- if measure.aggregate in ('min', 'max') and measure.kind == 'date' -%}
    {{- return(measure.aggregate ~ '(try_cast(ledger.detail_value as date))' ~ days) -}}
  {%- elif measure.aggregate == 'avg' -%}
    {{- return('cast(cast(sum(ledger.total)' ~ days ~ ' as double) / nullif(sum(ledger.known_values)' ~ days ~ ', 0) as decimal(38, 10))') -}}
  {%- endif -%}
  {{- return({
      'count': 'cast(sum(ledger.events)@ as bigint)',
      'first_date': 'min(ledger.occurred_date)@',
      'last_date': 'max(ledger.occurred_date)@',
      'sum': 'cast(sum(ledger.total)@ as decimal(38, 10))',
      'min': 'min(ledger.smallest)@',
      'max': 'max(ledger.largest)@',
      'distinct': 'nullif(count(distinct ledger.detail_value)@, 0)',
  }[measure.aggregate].replace('@', days)) -}}
{% endmacro %}

{#- Measures first and last as rows (measure, condition_id, is_first, kind, from_date, before_date).
    measures: from segment_catalogue. -#}
{% macro ledger_first_last_rows(measures) %}
  {%- set rows = [] -%}
  {%- for name in measures.keys() | sort if measures[name].aggregate in ('first', 'last') -%}
    {%- set one = measures[name] -%}
    {%- do rows.append('-- ' ~ segment_plain(one.words, 300) ~ '\n        (' ~ [
        sql_string(name), sql_string(one.condition), 'true' if one.aggregate == 'first' else 'false', sql_string(one.kind),
        sql_string(one.from_date or '0001-01-01'), sql_string(one.before_date)
    ] | join(', ') ~ ')') -%}
  {%- endfor -%}
  {{- return(ledger_values(rows, 6)) -}}
{% endmacro %}

{#- Measures that stand in rows of (customer_id, measure, value) as a select list over these rows, named found.
    measures: from segment_catalogue. -#}
{% macro ledger_found_columns(measures, aggregates) %}
  {%- set types = {'count': 'bigint', 'date': 'date', 'amount': 'decimal(38, 10)', 'text': 'string'} -%}
  {%- for name in measures.keys() | sort if measures[name].aggregate in aggregates %},
        -- {{ segment_plain(measures[name].words, 300) }}
        try_cast(max(found.found_value) filter (where found.measure = '{{ name }}') as {{ types[measures[name].kind] }}) as {{ name }}
  {%- endfor -%}
{% endmacro %}
