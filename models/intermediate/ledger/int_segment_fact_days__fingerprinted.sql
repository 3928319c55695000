{%- set catalogue = segment_catalogue() if execute else {} -%}
with facts as (
    select * from {{ ref('int_segment_facts__united') }}
    where {{ ledger_is_asked_day(catalogue) }}
)

select
    event_type,
    occurred_date,
    count(*) as facts,
    cast(sum({{ row_hash([
        'contact_id', 'occurred_at', 'channel', 'campaign_id', 'message_id', 'session_id', 'product_id', 'category',
        'value', 'properties', 'order_id', 'coupon_code', 'status', 'net_amount', 'discount_amount', 'quantity',
        'unit_price', 'unit_cost',
    ]) }}) as string) as fingerprint
from facts
group by
    event_type,
    occurred_date
