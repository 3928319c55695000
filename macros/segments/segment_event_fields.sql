{#- The columns that conditions on an event may use: dict of name to {kind, column, uses_products}.

    event: name of the event; order_placed, order_refunded and product_purchased come from orders and
    their lines and have columns of their own. Columns are those of int_segment_facts__united (alias facts);
    product columns stand beside them under product_<name>. -#}
{% macro segment_event_columns(event) %}
  {%- set kinds = {'value': 'number', 'occurred_at': 'date', 'channel': 'text'} -%}
  {%- if event in ('order_placed', 'order_refunded') -%}
    {%- do kinds.update({'order_id': 'text', 'coupon_code': 'text', 'status': 'text', 'net_amount': 'number', 'discount_amount': 'number'}) -%}
  {%- elif event == 'product_purchased' -%}
    {%- do kinds.update({'order_id': 'text', 'coupon_code': 'text', 'product_id': 'text', 'quantity': 'number', 'unit_price': 'number', 'unit_cost': 'number'}) -%}
  {%- else -%}
    {%- do kinds.update({'campaign_id': 'text', 'message_id': 'text', 'session_id': 'text', 'product_id': 'text', 'category': 'text'}) -%}
  {%- endif -%}
  {%- set columns = {} -%}
  {%- for name, kind in kinds.items() -%}
    {%- do columns.update({name: {'kind': kind, 'column': 'facts.' ~ ('occurred_date' if name == 'occurred_at' else name), 'uses_products': false}}) -%}
  {%- endfor -%}
  {%- if 'product_id' in kinds -%}
    {%- for name, kind in {'product_name': 'text', 'category': 'text', 'brand': 'text', 'unit_price': 'number', 'unit_cost': 'number',
        'is_in_stock': 'boolean', 'restocked_at': 'date'}.items() -%}
      {%- set column = 'facts.product_' ~ {'product_name': 'name', 'restocked_at': 'restocked_date'}.get(name, name) -%}
      {%- do columns.update({'product.' ~ name: {'kind': kind, 'column': column, 'uses_products': true}}) -%}
    {%- endfor -%}
    {%- do columns.update({'days_until_restock': {'kind': 'number', 'column': 'facts.days_until_restock', 'uses_products': true}}) -%}
    {%- if event == 'product_purchased' -%}{%- do columns.update({'category': columns['product.category']}) -%}{%- endif -%}
  {%- endif -%}
  {{- return(columns) -}}
{% endmacro %}

{#- A column of an event, or properties.x, as a subject (see segment_field).

    scope: {event, columns, uses_products}; uses_products becomes true where the column is a product's.
    Properties are collected in context.properties, so that each is read from its JSON once. -#}
{% macro segment_event_field(context, name, path, scope) %}
  {%- if name is not string -%}
    {%- do segment_fail(context, path, segment_shown(name), 'the name of a column of ' ~ segment_plain(scope.event, 60) ~ ', or properties.x') -%}
  {%- elif name == 'properties' or name.startswith('properties.') -%}
    {%- if not scope.has_properties -%}
      {%- do segment_fail(context, path, segment_shown(name), scope.columns.keys() | join(', ') ~ ' (' ~ scope.event ~ ' has no properties)') -%}
    {%- endif -%}
    {%- do segment_check_key(context, path, name, 'properties') -%}
    {{- return({'kind': 'attribute', 'property': name[11:], 'event': scope.event, 'words': name, 'canonical': name}) -}}
  {%- endif -%}
  {%- set column = scope.columns.get(name) -%}
  {%- if not column -%}
    {%- do segment_fail(context, path, segment_shown(name), 'a column of ' ~ segment_plain(scope.event, 60) ~ ': ' ~ scope.columns.keys() | join(', ') ~ (', properties.x' if scope.has_properties else ''), name, scope.columns.keys() | list) -%}
  {%- endif -%}
  {%- if column.uses_products -%}{%- do scope.update({'uses_products': true}) -%}{%- endif -%}
  {{- return({'kind': column.kind, 'column': column.column, 'words': name, 'canonical': name}) -}}
{% endmacro %}

{#- The column that holds a property of the events' JSON, named property_<hash>. form: text or texts (a list). -#}
{% macro segment_property(context, key, form, event) %}
  {%- set name = ('property_' if form == 'text' else 'properties_') ~ local_md5(key)[:12] -%}
  {%- set known = context.properties.setdefault(name, {'path': key, 'form': form, 'events': [], 'sql': json_get_text('facts.properties', key) if form == 'text' else json_get_texts('facts.properties', key)}) -%}
  {%- if event not in known.events -%}{%- do known.events.append(event) -%}{%- endif -%}
  {{- return('facts.' ~ name) -}}
{% endmacro %}

{#- What conditions on an event may look at. event: its name as declared: any text that is not blank, for
    event types are an open set. -#}
{% macro segment_event_scope(context, event, path) %}
  {%- set memo = 'event ' ~ event -%}
  {%- if event is not string or memo not in context.memo -%}
    {%- if event is not string or not event | trim or event | length > 200 -%}
      {%- do segment_fail(context, path, segment_shown(event), 'the name of an event, such as order_placed (a text of at most 200 characters)') -%}
    {%- endif -%}
    {%- do segment_value(context, path, 'text', event) -%}
    {%- do context.memo.update({memo: segment_event_columns(event)}) -%}
  {%- endif -%}
  {{- return({'event': event, 'columns': context.memo[memo], 'uses_products': false,
      'has_properties': event not in ('order_placed', 'order_refunded', 'product_purchased')}) -}}
{% endmacro %}
