{#- Who is which customer when, and with which attributes.

    Tables: contact_spans (each contact as it was known, from_date to to_date), links (two contacts joined by an
    identifier for some time), unit_contacts (contact_id, unit_no, customer_no, from_date, to_date: a unit is a
    customer for as long as its contacts are the same), customers (customer_no, customer_id),
    customer_spans (customer_no, from_date, to_date, attributes), moves (moved_customer_no, moved_date: a contact came or went). -#}
{% macro backfill_identities() %}
  {%- do backfill_contact_spans() -%}
  {%- do backfill_create('links', backfill_links()) -%}
  {%- do backfill_create('pairs', 'select distinct contact_id as node, other_contact_id as neighbour from ' ~ backfill_table('links')
      ~ ' union select distinct other_contact_id as node, contact_id as neighbour from ' ~ backfill_table('links')) -%}
  {%- do backfill_create('linked', 'select node as contact_id, component as family from (' ~ connected_components(backfill_table('pairs')) ~ ') as components') -%}
  {%- do backfill_create('epochs', backfill_epochs()) -%}
  {%- do backfill_create('epoch_pairs', backfill_epoch_pairs()) -%}
  {%- do backfill_create('epoch_customers', backfill_epoch_customers()) -%}
  {%- do backfill_create('unit_contacts', backfill_unit_contacts()) -%}
  {%- do backfill_create('customers', 'select distinct customer_no, customer_id from ' ~ backfill_table('unit_contacts')) -%}
  {%- do backfill_customer_spans() -%}
  {%- do backfill_create('moves', backfill_moves()) -%}
{% endmacro %}

{#- Pairs of contacts that share an identifier, for as long as no more than the allowed number share it. -#}
{% macro backfill_links() %}
    with identifiers as (
        select
            contact_id,
            'email ' || email as identifier,
            from_date,
            to_date
        from {{ backfill_table('contact_spans') }}
        where email is not null

        union all

        select
            contact_id,
            'phone ' || phone as identifier,
            from_date,
            to_date
        from {{ backfill_table('contact_spans') }}
        where phone is not null
    ),

    shared as (
        select identifier from identifiers
        group by identifier
        having min(contact_id) < max(contact_id)
    ),

    held as (
        select identifiers.*
        from identifiers
        inner join shared on identifiers.identifier = shared.identifier
    ),

    changes as (
        select identifier, from_date as change_date, 1 as step from held
        union all
        select identifier, to_date as change_date, -1 as step from held
        where to_date < {{ backfill_end() }}
    ),

    counted as (
        select
            identifier,
            change_date as from_date,
            coalesce(lead(change_date) over (partition by identifier order by change_date nulls last), {{ backfill_end() }}) as to_date,
            sum(sum(step)) over (partition by identifier order by change_date nulls last) as contacts
        from changes
        group by identifier, change_date
    ),

    shares as (
        select
            held.contact_id,
            counted.from_date,
            counted.to_date,
            min(held.contact_id) over (partition by counted.identifier, counted.from_date) as other_contact_id
        from counted
        inner join held
            on counted.identifier = held.identifier and held.from_date <= counted.from_date and held.to_date >= counted.to_date
        where counted.contacts between 2 and {{ var('max_contacts_per_identifier') | int }}
    )

    select * from shares
    where contact_id <> other_contact_id
{% endmacro %}

{#- The times during which nothing changes in a family of contacts, linked at one time or another. -#}
{% macro backfill_epochs() %}
    with moments as (
        select linked.family, links.from_date as moment from {{ backfill_table('links') }} as links
        inner join {{ backfill_table('linked') }} as linked on links.contact_id = linked.contact_id
        union
        select linked.family, links.to_date as moment from {{ backfill_table('links') }} as links
        inner join {{ backfill_table('linked') }} as linked on links.contact_id = linked.contact_id
        union
        select linked.family, spans.from_date as moment from {{ backfill_table('contact_spans') }} as spans
        inner join {{ backfill_table('linked') }} as linked on spans.contact_id = linked.contact_id
        union
        select linked.family, spans.to_date as moment from {{ backfill_table('contact_spans') }} as spans
        inner join {{ backfill_table('linked') }} as linked on spans.contact_id = linked.contact_id
    )

    select
        cast(row_number() over (order by family nulls last, moment nulls last) as string) as epoch,
        family,
        moment as from_date,
        coalesce(lead(moment) over (partition by family order by moment nulls last), {{ backfill_end() }}) as to_date
    from moments
    where moment < {{ backfill_end() }}
{% endmacro %}

{#- The links of each epoch, its number in front of the contacts. -#}
{% macro backfill_epoch_pairs() %}
    with pairs as (
        select
            epochs.epoch || '|' || links.contact_id as node,
            epochs.epoch || '|' || links.other_contact_id as neighbour
        from {{ backfill_table('epochs') }} as epochs
        inner join {{ backfill_table('linked') }} as linked on epochs.family = linked.family
        inner join {{ backfill_table('links') }} as links
            on linked.contact_id = links.contact_id and links.from_date <= epochs.from_date and links.to_date >= epochs.to_date
    )

    select node, neighbour from pairs
    union
    select neighbour as node, node as neighbour from pairs
{% endmacro %}

{#- The contacts that exist in each epoch with the customer that they belong to. -#}
{% macro backfill_epoch_customers() %}
    with components as (
        {{ connected_components(backfill_table('epoch_pairs')) }}
    )

    select
        epochs.epoch,
        epochs.from_date,
        epochs.to_date,
        spans.contact_id,
        coalesce(substr(components.component, length(epochs.epoch) + 2), spans.contact_id) as customer_id
    from {{ backfill_table('epochs') }} as epochs
    inner join {{ backfill_table('linked') }} as linked on epochs.family = linked.family
    inner join {{ backfill_table('contact_spans') }} as spans
        on linked.contact_id = spans.contact_id and spans.from_date <= epochs.from_date and spans.to_date >= epochs.to_date
    left join components on epochs.epoch || '|' || spans.contact_id = components.node
{% endmacro %}
