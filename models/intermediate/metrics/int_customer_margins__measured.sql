with documents as (
    select
        valid_documents.customer_id,
        valid_documents.order_id,
        valid_documents.document_currency,
        valid_documents.net_amount,
        case when valid_documents.document_type = 'order' then 1 else -1 end as sign_of_amount
    from {{ ref('int_documents__valid') }} as valid_documents
    where
        valid_documents.ordered_date >= {{ metrics_window_start() }}
        and {{ is_around_days('valid_documents.ordered_at', metrics_window_start(), as_of_date()) }}
),

order_lines as (
    select * from {{ ref('stg_order_lines') }}
),

exchange_rates as (
    select * from {{ ref('stg_exchange_rates') }}
),

-- One line without a cost leaves the whole document without one.
costs as (
    select
        documents.customer_id,
        documents.order_id,
        documents.document_currency,
        documents.sign_of_amount,
        documents.net_amount,
        -- What no amount can be is not known.
        try_cast(sum(order_lines.quantity * order_lines.unit_cost) as decimal(18, 4)) as goods_cost
    from documents
    inner join order_lines on documents.order_id = order_lines.order_id
    group by
        documents.customer_id,
        documents.order_id,
        documents.document_currency,
        documents.sign_of_amount,
        documents.net_amount
    having count(order_lines.unit_cost) = count(*)
),

converted as (
    select
        costs.customer_id,
        costs.sign_of_amount * costs.net_amount as revenue,
        costs.sign_of_amount
        * {{ to_reporting_currency('costs.goods_cost', 'exchange_rates.rate_to_reporting') }} as goods_cost
    from costs
    left join exchange_rates on costs.document_currency = exchange_rates.currency
)

select
    customer_id,
    cast(sum(revenue) as decimal(18, 4)) as margin_revenue,
    cast(sum(revenue - goods_cost) as decimal(18, 4)) as gross_margin
from converted
where goods_cost is not null
group by customer_id
