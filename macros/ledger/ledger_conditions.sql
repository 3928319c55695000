{#- The days that each condition is asked for by some measure or sequence: dict of id to {first, until}.
    catalogue: from segment_catalogue. -#}
{% macro ledger_condition_days(catalogue) %}
  {%- set days = {} -%}
  {%- set asked = [] -%}
  {%- for one in catalogue.get('measures', {}).values() if one.condition -%}{%- do asked.append((one.condition, one.from_date, one.before_date)) -%}{%- endfor -%}
  {%- for one in catalogue.get('sequences', {}).values() -%}
    {%- for id in one.steps -%}{%- do asked.append((id, one.from_date, one.before_date)) -%}{%- endfor -%}
    {%- if one.not_step -%}{%- do asked.append((one.not_step, one.from_date, as_of_day())) -%}{%- endif -%}
  {%- endfor -%}
  {%- for id, first, until in asked -%}
    {%- set known = days.get(id, {'first': '9999-12-31', 'until': '0001-01-01'}) -%}
    {%- do days.update({id: {'first': [known.first, first or '0001-01-01'] | min, 'until': [known.until, until] | max}}) -%}
  {%- endfor -%}
  {{- return(days) -}}
{% endmacro %}

{#- The conditions as rows (condition_id, event_type, signature, uses_products, from_date, before_date), in the
    order of their ids.

    signature: MD5 of all the SQL that fills the ledger for the condition, so that a condition whose SQL
    changes (another as-of date in it, another time zone, another aggregate) is filled anew.
    catalogue: from segment_catalogue. -#}
{% macro ledger_condition_rows(catalogue) %}
  {%- set conditions = catalogue.get('conditions', {}) -%}
  {%- set asked = ledger_asked(catalogue) -%}
  {%- set days = ledger_condition_days(catalogue) -%}
  {%- set rows = [] -%}
  {%- for id in conditions.keys() | sort if id in days -%}
    {%- set one = conditions[id] -%}
    {%- set signature = local_md5(tojson([one.event, one.sql, one.amount, one.detail, one.is_stepped, asked[id], business_timezone()])) -%}
    {%- do rows.append('-- ' ~ segment_plain(one.words, 300) ~ '\n        ('
        ~ [sql_string(id), sql_string(one.event), sql_string(signature), 'true' if one.uses_products else 'false', sql_string(days[id].first), sql_string(days[id].until)] | join(', ') ~ ')') -%}
  {%- endfor -%}
  {{- return(ledger_values(rows, 6)) -}}
{% endmacro %}

{#- The conditions as rows (condition_id, event_type, condition_text). conditions: from segment_catalogue. -#}
{% macro ledger_condition_words(conditions) %}
  {%- set rows = [] -%}
  {%- for id in conditions.keys() | sort -%}
    {%- do rows.append('(' ~ [sql_string(id), sql_string(conditions[id].event), sql_string(segment_plain(conditions[id].words))] | join(', ') ~ ')') -%}
  {%- endfor -%}
  {{- return(ledger_values(rows, 3)) -}}
{% endmacro %}

{#- Which columns of the ledger each condition fills from its amount, as a dict of id to names: only what
    some measure asks for. catalogue: from segment_catalogue. -#}
{% macro ledger_asked(catalogue) %}
  {%- set needed = {'sum': ['total'], 'avg': ['total', 'known_values'], 'min': ['smallest'], 'max': ['largest']} -%}
  {%- set asked = {} -%}
  {%- for id in catalogue.get('conditions', {}) -%}{%- do asked.update({id: []}) -%}{%- endfor -%}
  {%- for measure in catalogue.get('measures', {}).values() if measure.kind == 'amount' and measure.condition in asked and catalogue.conditions[measure.condition].amount -%}
    {%- for column in needed.get(measure.aggregate, []) if column not in asked[measure.condition] -%}
      {%- do asked[measure.condition].append(column) -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- for id in asked -%}{%- do asked.update({id: asked[id] | sort}) -%}{%- endfor -%}
  {{- return(asked) -}}
{% endmacro %}

{#- The aggregate function behind each column that a condition fills from its amount. -#}
{% macro ledger_functions() %}
  {{- return({'known_values': 'count', 'total': 'sum', 'smallest': 'min', 'largest': 'max'}) -}}
{% endmacro %}

{#- A VALUES list, or as many NULLs in no row. rows: texts in brackets. columns: how many. -#}
{% macro ledger_values(rows, columns) %}
  {%- if rows -%}{{- return('values\n        ' ~ rows | join(',\n        ')) -}}{%- endif -%}
  {{- return('select ' ~ (['null'] * columns) | join(', ') ~ ' where 1 = 0') -}}
{% endmacro %}
