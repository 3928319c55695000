{#- The valid documents with what refunds have left of orders, as a SELECT statement with a WITH clause.

    contact_days: relation of contact_id and activity_date, to leave out all other days; none for all. Refunds are
    looked for on every day. -#}
{% macro netted_documents(contact_days=none) -%}
{%- set documents = ref('int_documents__valid') -%}
with documents_to_net as (
    {%- if contact_days %}
    -- Few days first: all valid documents are not worth finding for them.
    select
        due_days.customer_id,
        documents.*
    from {{ ref('int_orders__counted') }} as documents
    inner join (
        select
            days.contact_id as due_contact_id,
            days.activity_date,
            identities.customer_id
        from {{ contact_days }} as days
        inner join {{ ref('int_identities__resolved') }} as identities on days.contact_id = identities.contact_id
        where days.activity_date < {{ as_of_date() }}
    ) as due_days
        on documents.contact_id = due_days.due_contact_id and documents.ordered_date = due_days.activity_date
    {%- else %}
    select * from {{ documents }}
    {%- endif %}
),

refunds as (
    select
        documents.original_order_id as refunded_order_id,
        sum(documents.net_amount) as refunded_amount,
        sum(documents.document_net_amount) as refunded_document_amount,
        min(documents.document_currency) as first_currency,
        max(documents.document_currency) as last_currency
    from {{ documents }} as documents
    {%- if contact_days %}
    inner join (select distinct order_id as due_order_id from documents_to_net) as due_orders
        on documents.original_order_id = due_orders.due_order_id
    {%- endif %}
    where documents.document_type = 'refund' and documents.original_order_id is not null
    group by documents.original_order_id
),

netted as (
    select
        documents.customer_id,
        documents.contact_id,
        documents.order_id,
        documents.document_type,
        documents.ordered_date,
        documents.net_amount,
        case
            when documents.document_type <> 'order' then null
            -- Each document is converted and rounded by itself: what nets to nothing in its own currency
            -- must not live on as a rounding difference.
            when
                refunds.first_currency = documents.document_currency
                and refunds.last_currency = documents.document_currency
                and refunds.refunded_document_amount = documents.document_net_amount
                then 0
            else documents.net_amount - coalesce(refunds.refunded_amount, 0)
        end as kept_amount
    from documents_to_net as documents
    -- A condition on one side only, such as the type, would turn this hash join into a nested loop.
    left join refunds
        on documents.order_id = refunds.refunded_order_id
)

select
    customer_id,
    contact_id,
    order_id,
    document_type,
    ordered_date,
    case when document_type = 'order' then net_amount else -net_amount end as signed_amount,
    cast(kept_amount as decimal(18, 4)) as kept_amount,
    {{ is_occasion() }} as is_occasion
from netted
{%- endmacro %}
