{#- Conditions on what a customer bought, from the occasions as they were known at each date. -#}
{% macro backfill_purchase_leaves(leaves) %}
  {%- set chosen, made = leaves | selectattr('source', 'equalto', 'purchases') | list, [] -%}
  {%- if chosen -%}
    {%- do backfill_create('documents', backfill_documents()) -%}
    {%- do backfill_create('refunds', backfill_refunds()) -%}
    {%- do backfill_create('occasion_orders', backfill_occasion_orders()) -%}
    {%- do backfill_create('occasions', backfill_occasions()) -%}
    {%- do backfill_create('occasion_spans', backfill_occasion_spans()) -%}
    {%- do backfill_create('purchases', backfill_purchases()) -%}
    {%- for leaf in chosen -%}
      {%- if 'lifecycle_stage' in leaf.names and not made -%}
        {%- do backfill_create('stages', backfill_stages()) -%}
        {%- do made.append('stages') -%}
      {%- endif -%}
      {%- do backfill_off_spans(leaf, backfill_table('stages' if 'lifecycle_stage' in leaf.names else 'purchases'), 'customers') -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}

{#- Orders and refunds of each unit, with the dates between which they are known and the customer's. -#}
{% macro backfill_documents() %}
    select
        units.unit_no,
        units.customer_no,
        units.to_date,
        documents.order_id,
        documents.document_type,
        documents.original_order_id,
        documents.ordered_date,
        documents.net_amount,
        documents.document_currency,
        documents.document_net_amount,
        greatest(units.from_date, {{ backfill_known_date('documents.ordered_date', 'known') }}) as known_date
    from {{ ref('int_orders__counted') }} as documents
    inner join {{ backfill_table('unit_contacts') }} as units on documents.contact_id = units.contact_id
    left join {{ backfill_table('known_days') }} as known on documents.ordered_date = known.day
    where greatest(units.from_date, {{ backfill_known_date('documents.ordered_date', 'known') }}) < units.to_date
        and {{ backfill_known_date('documents.ordered_date', 'known') }} is not null
{% endmacro %}

{#- What was refunded of each order, over time, from before the first refund on. -#}
{% macro backfill_refunds() %}
    with refunds as (
        select
            refunds.*,
            orders.document_currency as order_currency
        from {{ backfill_table('documents') }} as refunds
        inner join (select distinct order_id, document_currency from {{ backfill_table('documents') }} where document_type = 'order') as orders
            on refunds.original_order_id = orders.order_id
        where refunds.document_type = 'refund'
    ),

    steps as (
        select original_order_id as order_id, known_date as step_date, 1 as step, net_amount, document_net_amount, document_currency <> order_currency as is_foreign
        from refunds
        union all
        select original_order_id as order_id, to_date as step_date, -1 as step, net_amount, document_net_amount, document_currency <> order_currency as is_foreign
        from refunds where to_date < {{ backfill_end() }}
        union all
        select distinct original_order_id as order_id, cast('0001-01-01' as date) as step_date, 0 as step, 0 as net_amount, 0 as document_net_amount, false as is_foreign
        from refunds
    ),

    summed as (
        select
            order_id,
            step_date,
            sum(step) as refunds,
            sum(step * net_amount) as refunded_amount,
            sum(step * document_net_amount) as refunded_document_amount,
            sum(case when is_foreign then step else 0 end) as foreign_refunds
        from steps
        group by order_id, step_date
    )

    select
        order_id,
        step_date as from_date,
        coalesce(lead(step_date) over (partition by order_id order by step_date nulls last), {{ backfill_end() }}) as to_date,
        sum(refunds) over dated as refunds,
        sum(refunded_amount) over dated as refunded_amount,
        sum(refunded_document_amount) over dated as refunded_document_amount,
        sum(foreign_refunds) over dated as foreign_refunds
    from summed
    window dated as (partition by order_id order by step_date nulls last
            rows between unbounded preceding and current row)
{% endmacro %}

{#- The orders that make an occasion, and when: as int_documents__netted, for many dates at once. -#}
{% macro backfill_occasion_orders() %}
    with kept as (
        select
            orders.unit_no,
            orders.customer_no,
            orders.ordered_date,
            orders.to_date as unit_to_date,
            orders.net_amount,
            greatest(orders.known_date, coalesce(refunds.from_date, orders.known_date)) as from_date,
            least(orders.to_date, coalesce(refunds.to_date, orders.to_date)) as to_date,
            cast(
                case
                    when refunds.refunds > 0 and refunds.foreign_refunds = 0 and refunds.refunded_document_amount = orders.document_net_amount then 0
                    else orders.net_amount - coalesce(refunds.refunded_amount, 0)
                end as decimal(18, 4)
            ) as kept_amount
        from {{ backfill_table('documents') }} as orders
        left join {{ backfill_table('refunds') }} as refunds
            on orders.order_id = refunds.order_id
        where orders.document_type = 'order'
    )

    select unit_no, customer_no, unit_to_date, ordered_date, from_date, to_date
    from kept
    where from_date < to_date and {{ is_occasion() }}
{% endmacro %}

{#- The days with an occasion, and when they are known as such. -#}
{% macro backfill_occasions() %}
    with steps as (
        select unit_no, customer_no, unit_to_date, ordered_date, from_date as step_date, 1 as step from {{ backfill_table('occasion_orders') }}
        union all
        select unit_no, customer_no, unit_to_date, ordered_date, to_date as step_date, -1 as step from {{ backfill_table('occasion_orders') }}
        where to_date < unit_to_date
    ),

    summed as (
        select unit_no, customer_no, unit_to_date, ordered_date, step_date, sum(step) as step from steps
        group by unit_no, customer_no, unit_to_date, ordered_date, step_date
    ),

    held as (
        select
            *,
            sum(step) over (partition by unit_no, ordered_date order by step_date nulls last
            rows between unbounded preceding and current row) as orders,
            coalesce(lead(step_date) over (partition by unit_no, ordered_date order by step_date nulls last), unit_to_date) as to_date
        from summed
    )

    select unit_no, customer_no, unit_to_date, ordered_date, step_date as from_date, to_date from held where orders > 0
{% endmacro %}
