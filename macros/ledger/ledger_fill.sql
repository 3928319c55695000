{#- Conditions that one pass over the facts of their event fills: as a list of {event, detail, is_stepped,
    uses_products, ids, first, until}. At most 32 a pass, so that a day's counts of a contact stay a short
    row; those that are asked for about as many days stand together.

    conditions: from segment_catalogue. days: from ledger_condition_days. -#}
{% macro ledger_passes(conditions, days) %}
  {%- set by_kind = {} -%}
  {%- for id in conditions.keys() | sort if id in days -%}
    {%- set one = conditions[id] -%}
    {%- set kind = tojson([one.event, one.detail or '', one.is_stepped, one.uses_products]) -%}
    {%- do by_kind.setdefault(kind, []).append(days[id].first ~ ' ' ~ id) -%}
  {%- endfor -%}
  {%- set passes = [] -%}
  {%- for kind in by_kind.keys() | sort(case_sensitive=true) -%}
    {%- for keys in by_kind[kind] | sort | batch(32) -%}
      {%- set ids, firsts, untils = [], [], [] -%}
      {%- for key in keys -%}
        {%- do ids.append(key[11:]) -%}
        {%- do firsts.append(key[:10]) -%}
        {%- do untils.append(days[key[11:]].until) -%}
      {%- endfor -%}
      {%- set one = conditions[ids[0]] -%}
      {%- do passes.append({'event': one.event, 'detail': one.detail, 'is_stepped': one.is_stepped, 'uses_products': one.uses_products, 'ids': ids, 'first': firsts | min, 'until': untils | max}) -%}
    {%- endfor -%}
  {%- endfor -%}
  {{- return(passes) -}}
{% endmacro %}

{#- The columns of a fact, its event's properties read from their JSON and its product's columns, as a select list.
    one: a pass. properties: from segment_catalogue. -#}
{% macro ledger_fact_columns(one, properties) -%}
facts.contact_id,
    {%- for name in ['event_type', 'occurred_at', 'occurred_date', 'channel', 'campaign_id', 'message_id', 'session_id', 'product_id', 'category',
        'value', 'properties', 'order_id', 'coupon_code', 'status', 'net_amount', 'discount_amount', 'quantity', 'unit_price'] %}
        facts.{{ name }},
    {%- endfor %}
        facts.unit_cost
  {{- ',\n        facts.is_touched' if is_incremental() }}
  {{- ledger_looked_up_columns(one, properties) }}
{%- endmacro %}

{#- What conditions ask of a fact beside its own columns, as a select list to append: properties, the product's columns.
    one: {event, uses_products}. properties: from segment_catalogue. -#}
{% macro ledger_looked_up_columns(one, properties) -%}
  {%- for name in properties.keys() | sort if one.event in properties[name].events %},
        {{ properties[name].sql }} as {{ name }}
  {%- endfor -%}
  {%- if one.uses_products %},
        products.product_name,
        products.category as product_category,
        products.brand as product_brand,
        products.unit_price as product_unit_price,
        products.unit_cost as product_unit_cost,
        products.is_in_stock as product_is_in_stock,
        {{ local_date('products.restocked_at') }} as product_restocked_date,
        {{ days_between('facts.occurred_date', local_date('products.restocked_at')) }} as days_until_restock
  {%- endif -%}
{% endmacro %}

{#- What a contact's day (and detail) says about each condition of a pass, as a select list. A filter clause
    on each would cost more: DuckDB copies the row for every one of them.
    one: a pass. conditions: from segment_catalogue. asked: from ledger_asked. days: from ledger_condition_days. -#}
{% macro ledger_counts(one, conditions, asked, days) %}
  {%- for id in one.ids -%}
    {%- set terms = [] if conditions[id].sql == 'true' else [conditions[id].sql] -%}
    {%- if days[id].first > one.first -%}{%- do terms.append("facts.occurred_date >= cast('" ~ days[id].first ~ "' as date)") -%}{%- endif -%}
    {%- if days[id].until < one.until -%}{%- do terms.append("facts.occurred_date < cast('" ~ days[id].until ~ "' as date)") -%}{%- endif -%}
    {%- set met = terms | join(' and ') %},
        -- {{ id }}: {{ segment_plain(conditions[id].words, 300) }}
        {{ 'count(case when ' ~ met ~ ' then 1 end)' if met else 'count(*)' }} as events_{{ id }}
    {%- for column in asked[id] -%}
      {%- set amount = 'try_cast(' ~ conditions[id].amount ~ ' as decimal(28, 10))' %},
        {{ ledger_functions()[column] }}({{ 'case when ' ~ met ~ ' then ' ~ amount ~ ' end' if met else amount }}) as {{ column }}_{{ id }}
    {%- endfor -%}
  {%- endfor -%}
{% endmacro %}

{#- One row per condition out of the row of counts of a pass. one: a pass. asked: from ledger_asked. -#}
{% macro ledger_exploded_counts(one, asked) %}
  {%- set columns = {'condition_id': [], 'events': []} -%}
  {%- set types = {'known_values': 'bigint', 'total': 'decimal(38, 10)', 'smallest': 'decimal(28, 10)', 'largest': 'decimal(28, 10)'} -%}
  {%- set missing = [] -%}
  {%- for id in one.ids -%}
    {%- do columns.condition_id.append(sql_string(id)) -%}
    {%- do columns.events.append('events_' ~ id) -%}
  {%- endfor -%}
  {%- for column, type in types.items() -%}
    {%- set values = [] -%}
    {%- for id in one.ids -%}{%- do values.append(column ~ '_' ~ id if column in asked[id] else 'null') -%}{%- endfor -%}
    {%- if values | unique | list == ['null'] -%}
      {%- do missing.append('cast(null as ' ~ type ~ ') as ' ~ column) -%}
    {%- else -%}
      {%- do columns.update({column: values}) -%}
    {%- endif -%}
  {%- endfor -%}
  {{- return((missing + [explode_columns(columns)]) | join(',\n        ')) -}}
{% endmacro %}

{#- The join that brings the product of a fact, where some condition of the pass looks at it. one: a pass. -#}
{% macro ledger_product_join(one) %}
  {{- return('\n    left join products\n        on facts.product_id = products.product_id' if one.uses_products else '') -}}
{% endmacro %}
