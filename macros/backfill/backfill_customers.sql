{#- Contacts by unit: a customer for as long as its contacts are the same and stay. -#}
{% macro backfill_unit_contacts() %}
    with numbered as (
        select
            spans.contact_id,
            spans.from_date,
            spans.to_date,
            case
                when spans.from_date = lag(spans.to_date) over (partition by spans.contact_id order by spans.from_date nulls last) then 0 else 1
            end as is_new
        from {{ backfill_table('contact_spans') }} as spans
        left join {{ backfill_table('linked') }} as linked on spans.contact_id = linked.contact_id
        where linked.contact_id is null
    ),

    stretches as (
        select
            *,
            sum(is_new) over (partition by contact_id order by from_date nulls last
            rows between unbounded preceding and current row) as stretch
        from numbered
    ),

    units as (
        select
            contact_id,
            contact_id as customer_id,
            'contact ' || stretch as part,
            min(from_date) as from_date,
            max(to_date) as to_date
        from stretches
        group by contact_id, stretch

        union all

        select
            contact_id,
            customer_id,
            epoch as part,
            from_date,
            to_date
        from {{ backfill_table('epoch_customers') }}
    )

    select
        contact_id,
        customer_id,
        from_date,
        to_date,
        cast(dense_rank() over (order by customer_id nulls last) as int) as customer_no,
        cast(dense_rank() over (order by customer_id nulls last, part nulls last) as int) as unit_no
    from units
{% endmacro %}

{#- The attributes of customers and when they were so, by the SQL of int_customers__merged: it reads each contact once
    for each span of its customer, under a name of its own, and takes the span for the customer.

    Tables: span_contacts, customer_spans. -#}
{% macro backfill_customer_spans() %}
  {%- do backfill_create('spans', backfill_attribute_spans()) -%}
  {%- do backfill_create('span_contacts', 'select spans.span_contact_id as contact_id, spans.span as customer_id, '
      ~ contact_version_columns('spans') ~ ' from ' ~ backfill_table('spans') ~ ' as spans') -%}
  {%- set merged = backfill_model_sql('int_customers__merged', {'int_contacts__gathered': 'span_contacts'}) %}
  {%- set query %}
    with merged as (
        {{ merged }}
    ),

    spans as (
        select distinct span, customer_no, span_from_date, span_to_date from {{ backfill_table('spans') }}
    )

    select
        spans.customer_no,
        spans.span_from_date as from_date,
        spans.span_to_date as to_date,
        customers.customer_id,
        merged.contact_count,
        merged.created_at,
        {{ local_date('merged.created_at') }} as created_date,
        merged.updated_at,
        {%- for column in contact_attributes() %}
        merged.{{ column }},
        {%- endfor %}
        {{ reachable_columns('merged') }}
    from merged
    inner join spans on merged.customer_id = spans.span
    inner join {{ backfill_table('customers') }} as customers on spans.customer_no = customers.customer_no
  {% endset -%}
  {%- do backfill_create('customer_spans', query) -%}
{% endmacro %}

{#- The contacts of each customer for as long as neither they nor what they say changes. -#}
{% macro backfill_attribute_spans() %}
    with unlinked as (
        select
            spans.*,
            units.customer_no,
            'contact ' || spans.contact_id || ' ' || cast(spans.from_date as string) as span,
            spans.from_date as span_from_date,
            spans.to_date as span_to_date
        from {{ backfill_table('contact_spans') }} as spans
        inner join {{ backfill_table('unit_contacts') }} as units
            on spans.contact_id = units.contact_id and spans.from_date >= units.from_date and spans.to_date <= units.to_date
        left join {{ backfill_table('linked') }} as linked on spans.contact_id = linked.contact_id
        where linked.contact_id is null
    ),

    joined as (
        select
            spans.*,
            units.customer_no,
            'unit ' || cast(units.unit_no as string) as span,
            units.from_date as span_from_date,
            units.to_date as span_to_date
        from {{ backfill_table('contact_spans') }} as spans
        inner join {{ backfill_table('linked') }} as linked on spans.contact_id = linked.contact_id
        inner join {{ backfill_table('unit_contacts') }} as units
            on spans.contact_id = units.contact_id and spans.from_date <= units.from_date and spans.to_date >= units.to_date
    ),

    together as (
        select * from unlinked
        union all
        select * from joined
    )

    select
        *,
        span || '|' || contact_id as span_contact_id
    from together
{% endmacro %}

{#- The recorded dates on which a contact came to a customer from another one, or went to another. -#}
{% macro backfill_moves() %}
    with followed as (
        select
            contact_id,
            customer_no,
            lead(customer_no) over (partition by contact_id order by from_date nulls last) as next_customer_no,
            lead(from_date) over (partition by contact_id order by from_date nulls last) as moved_date
        from {{ backfill_table('unit_contacts') }}
    )

    select
        customer_no as moved_customer_no,
        moved_date
    from followed
    where followed.next_customer_no <> followed.customer_no

    union

    select
        next_customer_no as moved_customer_no,
        moved_date
    from followed
    where followed.next_customer_no <> followed.customer_no
{% endmacro %}
