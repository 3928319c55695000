{#- The valid documents with what refunds have left of orders, as a SELECT statement with a WITH clause.

    contact_days: relation of contact_id and activity_date, to leave out all other days; none for all. Refunds are
    looked for on every day. -#}
{% macro netted_documents(contact_days=none) -%}
with documents as (
    select * from {{ ref('int_documents__valid') }}
),

refunds as (
    select
        original_order_id as refunded_order_id,
        sum(net_amount) as refunded_amount,
        sum(document_net_amount) as refunded_document_amount,
        min(document_currency) as first_currency,
        max(document_currency) as last_currency
    from documents
    where document_type = 'refund' and original_order_id is not null
    group by original_order_id
),

documents_to_net as (
    select documents.*
    from documents
    {%- if contact_days %}
    inner join {{ contact_days }} as due_days
        on documents.contact_id = due_days.contact_id and documents.ordered_date = due_days.activity_date
    {%- endif %}
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
