{#- The facts that segments may ask for, as a SELECT statement with a WITH clause: events, and orders and their lines as
    events order_placed, order_refunded and product_purchased.

    days: SELECT of event_type and occurred_date, to leave out all other days (a day of orders comes with all three
    of their events); none for every day. event: an event type, to leave out all others; none for every one. -#}
{% macro segment_facts(days=none, event=none) -%}
{%- set of_orders = ['order_placed', 'order_refunded', 'product_purchased'] -%}
{%- set branches = [] -%}
{%- if event not in of_orders -%}{%- do branches.append(segment_facts_of_events()) -%}{%- endif -%}
{%- for one, document in {'order_placed': 'order', 'order_refunded': 'refund'}.items() if event in [none, one] -%}
  {%- do branches.append(segment_facts_of_documents(one, document)) -%}
{%- endfor -%}
{%- if event in [none, 'product_purchased'] -%}{%- do branches.append(segment_facts_of_lines()) -%}{%- endif -%}
with events as (
    select events.*
    from {{ ref('stg_events') }} as events
    {%- if days %}
    inner join ({{ days }}) as due_days
        on events.event_type = due_days.event_type and events.occurred_date = due_days.occurred_date
    {%- endif %}
    -- These three come from the orders themselves.
    where {{ 'events.event_type = ' ~ sql_string(event) if event else "events.event_type not in ('" ~ of_orders | join("', '") ~ "')" }}
),

orders as (
    select orders.*
    from {{ ref('int_orders__counted') }} as orders
    {%- if days %}
    inner join (
        select distinct occurred_date
        from ({{ days }}) as due_days
        where event_type in ('{{ of_orders | join("', '") }}')
    ) as due_order_days
        on orders.ordered_date = due_order_days.occurred_date
    {%- endif %}
),

order_lines as (
    select * from {{ ref('stg_order_lines') }}
)

{{ branches | join('\n\nunion all\n\n') }}
{%- endmacro %}

{#- Facts out of CTE events, as a SELECT statement. -#}
{% macro segment_facts_of_events() -%}
select
    contact_id,
    event_type,
    occurred_at,
    occurred_date,
    channel,
    campaign_id,
    message_id,
    session_id,
    product_id,
    category,
    cast(value as decimal(36, 8)) as value,
    properties,
    cast(null as string) as order_id,
    cast(null as string) as coupon_code,
    cast(null as string) as status,
    cast(null as decimal(18, 4)) as net_amount,
    cast(null as decimal(18, 4)) as discount_amount,
    cast(null as decimal(18, 4)) as quantity,
    cast(null as decimal(18, 4)) as unit_price,
    cast(null as decimal(18, 4)) as unit_cost
from events
{%- endmacro %}

{#- Facts out of CTE orders, one for each document of a type, as a SELECT statement. event: what they are called. document:
    order or refund. -#}
{% macro segment_facts_of_documents(event, document) -%}
select
    contact_id,
    '{{ event }}' as event_type,
    ordered_at as occurred_at,
    ordered_date as occurred_date,
    channel,
    null as campaign_id,
    null as message_id,
    null as session_id,
    null as product_id,
    null as category,
    net_amount as value,
    null as properties,
    order_id,
    coupon_code,
    status,
    net_amount,
    discount_amount,
    null as quantity,
    null as unit_price,
    null as unit_cost
from orders
where document_type = '{{ document }}'
{%- endmacro %}

{#- Facts out of CTEs orders and order_lines, one for each line of an order, as a SELECT statement. -#}
{% macro segment_facts_of_lines() -%}
select
    orders.contact_id,
    'product_purchased' as event_type,
    orders.ordered_at as occurred_at,
    orders.ordered_date as occurred_date,
    orders.channel,
    null as campaign_id,
    null as message_id,
    null as session_id,
    order_lines.product_id,
    null as category,
    order_lines.quantity * order_lines.unit_price as value,
    null as properties,
    orders.order_id,
    orders.coupon_code,
    null as status,
    null as net_amount,
    null as discount_amount,
    order_lines.quantity,
    order_lines.unit_price,
    order_lines.unit_cost
from order_lines
inner join orders
    on order_lines.order_id = orders.order_id
where orders.document_type = 'order'
{%- endmacro %}
