{#- The names of the events that conditions are on, sorted. conditions: from segment_catalogue. -#}
{% macro ledger_event_types(conditions) %}
  {{- return(conditions.values() | map(attribute='event') | unique | sort(case_sensitive=true) | list) -}}
{% endmacro %}

{#- The conditions as rows (condition_id, event_type, signature, uses_products), in the order of their ids.

    signature: MD5 of all the SQL that fills the ledger for the condition, so that a condition whose SQL
    changes (another as-of date in it, another time zone, another aggregate) is filled anew.
    catalogue: from segment_catalogue. -#}
{% macro ledger_condition_rows(catalogue) %}
  {%- set conditions = catalogue.get('conditions', {}) -%}
  {%- set asked = ledger_asked(catalogue) -%}
  {%- set rows = [] -%}
  {%- for id in conditions.keys() | sort -%}
    {%- set one = conditions[id] -%}
    {%- set signature = local_md5(tojson([one.event, one.sql, one.amount, one.detail, one.is_stepped, asked[id], business_timezone()])) -%}
    {%- do rows.append('-- ' ~ segment_plain(one.words, 300) ~ '\n        ('
        ~ [sql_string(id), sql_string(one.event), sql_string(signature), 'true' if one.uses_products else 'false'] | join(', ') ~ ')') -%}
  {%- endfor -%}
  {{- return(ledger_values(rows, 4)) -}}
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
