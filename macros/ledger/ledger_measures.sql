{#- A number that stands for a measure wherever its name would cost time: 28 bits of the name's MD5, so that
    it is the same in every build. measure: name. -#}
{% macro ledger_measure_key(measure) %}
  {{- return(local_md5(measure)[:7] | int(base=16)) -}}
{% endmacro %}

{#- The measures in groups that are summed and packed together, as a list of {name, event, aggregate, kind,
    measures (names)}. First and last values and sequences need the order of events and come from models of
    their own; their groups have no event. catalogue: from segment_catalogue. -#}
{% macro ledger_measure_groups(catalogue) %}
  {%- set groups = {} -%}
  {%- set measures = catalogue.get('measures', {}) -%}
  {%- for name in measures.keys() | sort -%}
    {%- set one = measures[name] -%}
    {%- set event = catalogue.conditions[one.condition].event if one.aggregate not in ('first', 'last', 'sequence') else none -%}
    {%- set aggregate = 'first or last' if one.aggregate in ('first', 'last') else one.aggregate -%}
    {%- set group_name = [event, aggregate, one.kind] | select | join(' ') -%}
    {%- set group = groups.setdefault(group_name, {'name': group_name, 'event': event, 'aggregate': aggregate, 'kind': one.kind, 'measures': []}) -%}
    {%- do group.measures.append(name) -%}
  {%- endfor -%}
  {%- set sorted = [] -%}
  {%- for key in groups.keys() | sort(case_sensitive=true) -%}{%- do sorted.append(groups[key]) -%}{%- endfor -%}
  {{- return(sorted) -}}
{% endmacro %}

{#- Measures as rows (measure_key, condition_id, from_date, before_date), their words above each.
    names: which. measures: from segment_catalogue. -#}
{% macro ledger_window_rows(names, measures) %}
  {%- set rows = [] -%}
  {%- for name in names -%}
    {%- set one = measures[name] -%}
    {%- do rows.append('-- ' ~ segment_plain(one.words, 300) ~ '\n        (' ~ [
        ledger_measure_key(name), sql_string(one.condition),
        "cast('" ~ (one.from_date or '0001-01-01') ~ "' as date)", "cast('" ~ one.before_date ~ "' as date)",
    ] | join(', ') ~ ')') -%}
  {%- endfor -%}
  {{- return(ledger_values(rows, 4)) -}}
{% endmacro %}

{#- The names of the measures with one of some aggregates, sorted. measures: from segment_catalogue. -#}
{% macro ledger_measures_of(measures, aggregates) %}
  {{- return(measures.keys() | sort | select('in', measures.items() | selectattr('1.aggregate', 'in', aggregates) | map(attribute=0) | list) | list) -}}
{% endmacro %}

{#- What a group of measures takes from the ledger. aggregate, kind: of the measures. -#}
{% macro ledger_aggregate(aggregate, kind) %}
  {%- if kind == 'date' and aggregate in ('min', 'max') -%}
    {{- return(aggregate ~ '(try_cast(ledger.detail_value as date))') -}}
  {%- endif -%}
  {{- return({
      'count': 'sum(ledger.events)',
      'first_date': 'min(ledger.occurred_date)',
      'last_date': 'max(ledger.occurred_date)',
      'sum': 'sum(ledger.total)',
      'avg': 'cast(sum(ledger.total) as double) / nullif(sum(ledger.known_values), 0)',
      'min': 'min(ledger.smallest)',
      'max': 'max(ledger.largest)',
      'distinct': 'count(distinct ledger.detail_value)',
  }[aggregate]) -}}
{% endmacro %}

{#- The same as the type of the kind. aggregate, kind: of the measures. -#}
{% macro ledger_typed_aggregate(aggregate, kind) %}
  {{- return('cast(' ~ ledger_aggregate(aggregate, kind) ~ ' as ' ~ ledger_value_types()[kind] ~ ')') -}}
{% endmacro %}

{#- The four columns of int_segment_measures__packed: a group's values by the keys of their measures. kind: the
    one that the rows have, of count, date, amount and text; the others are NULL. -#}
{% macro ledger_packed_columns(kind) %}
  {%- set columns = [] -%}
  {%- for one, type in ledger_value_types().items() -%}
    {%- do columns.append((packed_values('measure_key', one ~ '_value') if one == kind else 'cast(null as ' ~ packed_type(type) ~ ')') ~ ' as ' ~ one ~ '_values') -%}
  {%- endfor -%}
  {{- return(columns | join(',\n    ')) -}}
{% endmacro %}

{#- The SQL type of each kind of measure. -#}
{% macro ledger_value_types() %}
  {{- return({'count': 'bigint', 'date': 'date', 'amount': 'decimal(38, 10)', 'text': 'string'}) -}}
{% endmacro %}

{#- Measures first and last as rows (measure_key, measure, is_first, kind). measures: from segment_catalogue. -#}
{% macro ledger_direction_rows(measures) %}
  {%- set rows = [] -%}
  {%- for name in ledger_measures_of(measures, ['first', 'last']) -%}
    {%- do rows.append('(' ~ [ledger_measure_key(name), sql_string(name), 'true' if measures[name].aggregate == 'first' else 'false', sql_string(measures[name].kind)] | join(', ') ~ ')') -%}
  {%- endfor -%}
  {{- return(ledger_values(rows, 4)) -}}
{% endmacro %}

{#- The wide table's columns out of the packed values of a customer, their words above each. Measures
    that stand for one another's key stop compilation. groups: from ledger_measure_groups; the values of
    the n-th are in grouped.values_n. measures: from segment_catalogue. -#}
{% macro ledger_measure_columns(groups, measures) %}
  {%- set keys, places = {}, {} -%}
  {%- for group in groups -%}
    {%- set place = loop.index -%}
    {%- for name in group.measures -%}{%- do places.update({name: place}) -%}{%- endfor -%}
  {%- endfor -%}
  {%- for name in places.keys() | sort -%}
    {%- set key = ledger_measure_key(name) -%}
    {%- if key in keys -%}
      {%- do exceptions.raise_compiler_error('Measures ' ~ keys[key] ~ ' and ' ~ name ~ ' have the same key; change either of the rules a little.') -%}
    {%- endif -%}
    {%- do keys.update({key: name}) %},
    -- {{ segment_plain(measures[name].words, 300) }}
    {{ packed_value('grouped.values_' ~ places[name], key) }} as {{ name }}
  {%- endfor -%}
{% endmacro %}

{#- The names of the measures of one event, sequences left out. measures: from segment_catalogue. -#}
{% macro ledger_event_measures(measures) %}
  {%- set names = [] -%}
  {%- for name in measures.keys() | sort if measures[name].condition -%}{%- do names.append(name) -%}{%- endfor -%}
  {{- return(names) -}}
{% endmacro %}

{#- The join that brings each day between an edge of a window now and formerly, as moved.period_date. windows: alias of columns
    from_date, before_date, former_from_date, former_before_date. -#}
{% macro each_moved_day(windows) -%}
cross join lateral (
  {%- for edge in ['from_date', 'before_date'] %}
  {%- set now, then = windows ~ '.' ~ edge, windows ~ '.former_' ~ edge %}
        {{ 'union all' if not loop.first }}
        select period_date
        from {{ period_series('day', 'least(' ~ now ~ ', ' ~ then ~ ')', dbt.dateadd('day', -1, 'greatest(' ~ now ~ ', ' ~ then ~ ')')) }} as days
        where {{ now }} <> {{ then }}
  {%- endfor %}
    ) as moved
{%- endmacro %}

{#- The join that brings each day from one to another, both inclusive, as series.period_date. first, last: SQL dates. -#}
{% macro each_day(first, last) %}
  {{- return('cross join lateral ' ~ period_series('day', first, last) ~ ' as series') -}}
{% endmacro %}
