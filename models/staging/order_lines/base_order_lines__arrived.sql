{{ config(materialized='table') }}

{%- set known = "select order_id as parent_id from " ~ ref('stg_orders') -%}
{%- set lost = "select typed.order_id as parent_id from " ~ ref('base_orders__typed')
    ~ " as typed left join " ~ ref('stg_orders') ~ " as known_now on typed.order_id = known_now.order_id where typed.row_state = 'removed' and known_now.order_id is null" -%}
{%- set parent = {'id': 'order_id', 'orphan_code': 'unknown_order', 'known': known, 'lost': lost} %}
{{ arrived_rows('order_lines', 'order_line_id', parent) }}
