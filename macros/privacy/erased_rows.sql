{#- Make the view that names erased people, and return whether there are any.

    `make erase` remembers salted hashes of contact ids, e-mails and phones (source privacy, table erased_identifiers). The view
    erased_contacts names the contacts of the raw files that they mean: by id, or by an e-mail or a phone in a row created before
    the erasure; who signs up afterwards is a new contact. It is a view so that no such id stands in the warehouse.
    tables: source nodes of the raw tables. found: SQL that scans each table, from raw_files. -#}
{% macro register_erased_contacts(tables, found) %}
  {%- set nodes = {} -%}
  {%- for table in tables -%}{%- do nodes.update({table.name: table}) -%}{%- endfor -%}
  {%- set register = privacy_table('erased_identifiers') -%}
  {%- do run_query('create or replace view ' ~ register ~ ' as ' ~ raw_view_sql(nodes.erased_identifiers, found.get('erased_identifiers'))) -%}
  {%- if 'erased_identifiers' not in found or 'contacts' not in found or not run_query('select 1 from ' ~ register ~ ' limit 1').rows -%}
    {{- return(false) -}}
  {%- endif -%}
  {%- set earlier = 'coalesce(' ~ to_timestamp('delivered.created_at') ~ ' < register.erased_at, true)' -%}
  {%- set meant = [] -%}
  {%- for kind, value, condition in [('contact', 'delivered.contact_id', 'true'), ('email', to_email('delivered.email'), earlier), ('phone', to_phone('delivered.phone'), earlier)] -%}
    {%- do meant.append('select cast(delivered.contact_id as string) as contact_id from delivered inner join ' ~ register
        ~ " as register on register.kind = '" ~ kind ~ "' and register.key_hash = " ~ erased_hash(kind, value) ~ ' and ' ~ condition) -%}
  {%- endfor -%}
  {%- do run_query('create or replace view ' ~ privacy_table('erased_contacts') ~ ' as with delivered as ('
      ~ raw_view_sql(nodes.contacts, found['contacts']) ~ ') ' ~ meant | join(' union ')) -%}
  {{- return(true) -}}
{% endmacro %}

{#- The rows of a raw table without those of erased people, as SQL.

    table: name of the raw table. rows: select statement of its rows. orders: select statement of the orders, which tell whose
    the lines are; none where there are none. -#}
{% macro rows_not_erased(table, rows, orders=none) %}
  {%- set ids, condition = none, 'true' -%}
  {%- if table == 'contacts' -%}
    {%- set ids = 'select contact_id from ' ~ privacy_table('erased_contacts') -%}
    {#- A row without an id is told by what else it says. -#}
    {%- set condition = 'coalesce(delivered.contact_id is not null or not (' ~ is_erased('email', to_email('delivered.email')) ~ ' or '
        ~ is_erased('phone', to_phone('delivered.phone')) ~ '), true)' -%}
  {%- elif table in ('orders', 'events') -%}
    {%- set ids = erased_contact_ids(rows) -%}
  {%- elif table == 'order_lines' and orders -%}
    {%- set ids = 'select documents.order_id as order_id from (' ~ orders ~ ') as documents left join (' ~ erased_contact_ids(orders)
        ~ ') as gone on cast(documents.contact_id as string) = gone.contact_id group by documents.order_id having bool_and(gone.contact_id is not null)' -%}
  {%- else -%}
    {{- return(rows) -}}
  {%- endif -%}
  {%- set key = 'order_id' if table == 'order_lines' else 'contact_id' -%}
  {{- return('select delivered.* from (' ~ rows ~ ') as delivered left join (' ~ ids ~ ') as erased on cast(delivered.' ~ key
      ~ ' as string) = cast(erased.' ~ key ~ ' as string) where erased.' ~ key ~ ' is null and ' ~ condition) -}}
{% endmacro %}

{#- The contact ids of erased people among some rows, as a SELECT. rows: select statement with column contact_id. -#}
{% macro erased_contact_ids(rows) %}
  {{- return('select contact_id from ' ~ privacy_table('erased_contacts') ~ ' where contact_id is not null union select given.contact_id from'
      ~ ' (select distinct cast(contact_id as string) as contact_id from (' ~ rows ~ ') as numbered) as given where ' ~ is_erased('contact', 'given.contact_id')) -}}
{% endmacro %}

{#- Whether a value belongs to an erased person, as SQL. kind: contact, email or phone. value: SQL text, normalised. -#}
{% macro is_erased(kind, value) %}
  {{- return(erased_hash(kind, value) ~ ' in (select key_hash from ' ~ privacy_table('erased_identifiers') ~ " where kind = '" ~ kind ~ "')") -}}
{% endmacro %}

{#- The hash by which a value of an erased person is remembered (scripts/erase_register.py makes the same).
    kind: contact, email or phone. value: SQL text, normalised. -#}
{% macro erased_hash(kind, value) %}
  {{- return(sha256_text('(select max(salt) from ' ~ privacy_table('erased_identifiers') ~ ") || ':" ~ kind ~ ":' || " ~ value)) -}}
{% endmacro %}

{#- A table of source privacy, or a view beside it, as schema.name. name: of the table. -#}
{% macro privacy_table(name) %}
  {%- for table in own_sources(['privacy']) -%}
    {{- return(table.schema ~ '.' ~ name) -}}
  {%- endfor -%}
{% endmacro %}

{#- Which people are erased, as a text that changes when others are: tables made before are not gone on with. -#}
{% macro erased_fingerprint() %}
  {{- return(run_query('select count(*) || coalesce(max(key_hash) || min(key_hash), \'\') from ' ~ privacy_table('erased_identifiers')).rows[0][0] | string) -}}
{% endmacro %}

{#- SHA-256 of a text in hexadecimal digits. text: SQL expression. -#}
{% macro sha256_text(text) %}
  {{- return(adapter.dispatch('sha256_text', 'customer_segmentation')(text)) -}}
{% endmacro %}

{% macro default__sha256_text(text) %}
  {{- return('sha2(' ~ text ~ ', 256)') -}}
{% endmacro %}

{% macro duckdb__sha256_text(text) %}
  {{- return('sha256(' ~ text ~ ')') -}}
{% endmacro %}
