-- Fails where the customers' net revenue is not, to the last decimal, that of the valid documents.
with documents as (
    select coalesce(sum(case when document_type = 'order' then net_amount else -net_amount end), 0) as net_revenue
    from {{ ref('int_documents__valid') }}
),

tiers as (
    select coalesce(sum(net_revenue), 0) as net_revenue
    from {{ ref('value_tiers') }}
),

customers as (
    select coalesce(sum(monetary), 0) as net_revenue
    from {{ ref('customers') }}
)

select
    documents.net_revenue as of_documents,
    tiers.net_revenue as of_value_tiers,
    customers.net_revenue as of_customers
from documents
cross join tiers
cross join customers
where documents.net_revenue <> tiers.net_revenue or documents.net_revenue <> customers.net_revenue
