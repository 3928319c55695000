-- Orders: judged and de-duplicated in one pass; then what each customer bought on each day, and what
-- the segments ask of its orders.
create temp table order_rows as
with rates as (
    select
        currency,
        case when currency <> 'PLN' then cast(rate_to_eur as double) / cast(0.235 as double) end as rate
    from (values
        ('EUR', 1.0), ('PLN', 0.235), ('GBP', 1.17), ('USD', 0.92), ('CZK', 0.04), ('HUF', 0.0025), ('SEK', 0.088),
        ('DKK', 0.134), ('NOK', 0.086), ('CHF', 1.05), ('RON', 0.201), ('UAH', 0.022)
    ) as seed (currency, rate_to_eur)
),

raw as (
    select
        cleaned_fast(order_id) as order_id,
        cleaned_fast(contact_id) as contact_id,
        lower(cleaned(document_type)) as document_type,
        cleaned_fast(original_order_id) as original_order_id,
        utc_text(cleaned_fast(ordered_at)) as ordered_at,
        cleaned(status) as status,
        cleaned(currency) as currency,
        net_amount,
        discount_amount,
        channel,
        coupon_code,
        is_test,
        loaded_at
    from read_parquet(getvariable('raw_dir') || '/orders.parquet')
),

-- Equal ids have equal hashes: integers find the few candidates, the ranking below judges them.
repeated as (
    select hash(cleaned_fast(order_id)) as id_hash
    from read_parquet(getvariable('raw_dir') || '/orders.parquet')
    group by id_hash
    having count(*) > 1
),

typed as (
    select
        raw.*,
        try_cast(raw.ordered_at as timestamp) as typed_ordered_at,
        try_cast(raw.net_amount as decimal(18, 4)) as typed_net_amount,
        rates.rate,
        contact_keys.customer_number,
        contact_keys.contact_id is null as is_unknown_contact,
        raw.currency is not null and rates.currency is null as is_unknown_currency,
        coalesce(hash(raw.order_id) in (from repeated), false) and raw.order_id is not null as is_repeated
    from raw
    left join contact_keys on raw.contact_id = contact_keys.contact_id
    left join rates on upper(raw.currency) = rates.currency
),

judged as (
    select
        *,
        case
            when is_after_load(typed_ordered_at, loaded_at) or is_unknown_contact or is_unknown_currency
                or order_id is null or ordered_at is null or net_amount is null
                or net_amount < 0 or discount_amount < 0
                or document_type not in ('order', 'refund')
                or typed_net_amount is null or abs(cast(typed_net_amount as double) * coalesce(rate, 1)) >= 1e10
                or abs(cast(discount_amount as double) * coalesce(rate, 1)) >= 1e10
                or is_sane(typed_ordered_at) is distinct from true or not is_sane(loaded_at)
                then nullif(concat_ws(',',
                    case when is_after_load(typed_ordered_at, loaded_at) then 'future_time' end,
                    case when contact_id is null then 'missing_contact_id' end,
                    case when order_id is null then 'missing_id' end,
                    case when ordered_at is null or net_amount is null then 'missing_value' end,
                    case when net_amount < 0 or discount_amount < 0 then 'negative_amount' end,
                    case when is_unknown_contact and contact_id is not null then 'unknown_contact' end,
                    case when is_unknown_currency then 'unknown_currency' end,
                    case when document_type not in ('order', 'refund') then 'unknown_document_type' end,
                    case when (typed_net_amount is null or abs(cast(typed_net_amount as double) * coalesce(rate, 1)) >= 1e10) and net_amount is not null
                        or abs(cast(discount_amount as double) * coalesce(rate, 1)) >= 1e10 then 'unparsable_number' end,
                    case when ordered_at is not null and is_sane(typed_ordered_at) is distinct from true
                        or not is_sane(loaded_at) then 'unparsable_time' end
                ), '')
        end as reason_codes
    from typed
)

select
    order_id,
    customer_number,
    document_type = 'refund' as is_refund,
    original_order_id,
    typed_ordered_at as ordered_at,
    cast(typed_ordered_at as date) as ordered_date,
    cleaned(channel) as channel,
    cleaned(coupon_code) is not null as has_coupon,
    case when rate is null then typed_net_amount else cast(round(cast(typed_net_amount as double) * rate, 4) as decimal(18, 4)) end as net_amount,
    typed_net_amount as document_net_amount,
    coalesce(upper(currency), 'PLN') as document_currency,
    not coalesce(is_test, false) and coalesce(lower(status) not in ('cancelled', 'canceled', 'failed', 'voided'), true) as is_counted,
    not coalesce(is_test, false) and coalesce(lower(status) not in ('cancelled', 'canceled', 'failed', 'voided'), true)
    and customer_number is not null and typed_ordered_at < timestamp '2026-11-21' as is_valid,
    loaded_at,
    is_repeated,
    reason_codes,
    case when is_repeated then cast(json_object(
        'order_id', order_id, 'contact_id', contact_id, 'document_type', document_type,
        'original_order_id', original_order_id, 'ordered_at', ordered_at, 'status', status, 'currency', currency,
        'net_amount', cast(net_amount as varchar), 'discount_amount', cast(discount_amount as varchar),
        'channel', cleaned(channel), 'coupon_code', cleaned(coupon_code), 'is_test', cast(is_test as varchar)
    ) as varchar) end as row_content,
    case when is_repeated or reason_codes is not null then cast(json_object(
        'order_id', order_id, 'contact_id', contact_id, 'document_type', document_type,
        'original_order_id', original_order_id, 'ordered_at', ordered_at, 'status', status, 'currency', currency,
        'net_amount', cast(net_amount as varchar), 'discount_amount', cast(discount_amount as varchar),
        'channel', cleaned(channel), 'coupon_code', cleaned(coupon_code), 'is_test', cast(is_test as varchar),
        'loaded_at', cast(loaded_at as varchar)
    ) as varchar) end as raw_row
from judged;

create temp table order_losers as
select row_number, case when row_content = kept_content then 'exact_duplicate' else 'superseded_duplicate' end as reason_codes
from (
    select
        rowid as row_number,
        row_content,
        first_value(row_content) over latest_first as kept_content,
        row_number() over latest_first as version_rank
    from order_rows
    where is_repeated and reason_codes is null
    window latest_first as (partition by order_id order by loaded_at desc nulls last, row_content desc)
)
where version_rank > 1;

insert into rejected_rows
select
    'orders', order_id, coalesce(order_rows.reason_codes, order_losers.reason_codes), raw_row,
    case when is_sane(loaded_at) then loaded_at end
from order_rows
left join order_losers on order_rows.rowid = order_losers.row_number
where order_rows.reason_codes is not null or order_losers.row_number is not null;

create temp table accepted_orders as
with accepted as (
    select * exclude (row_content, raw_row)
    from order_rows
    where reason_codes is null and rowid not in (select row_number from order_losers)
)

select
    order_id, customer_number, coalesce(is_refund, false) as is_refund, original_order_id, ordered_at, ordered_date,
    net_amount, document_currency, document_net_amount, channel, has_coupon,
    -- What a cancelled or test order gave back it had never brought in.
    is_valid and (original_order_id is null or original_order_id not in (select order_id from accepted where not is_counted)) as is_document
from accepted;

drop table order_rows;

create temp table customer_days as
with documents as (
    select customer_number, order_id, is_refund, original_order_id, ordered_date, net_amount, document_currency, document_net_amount
    from accepted_orders
    where is_document
),

refunds as (
    select
        original_order_id,
        sum(net_amount) as refunded_amount,
        sum(document_net_amount) as refunded_document_amount,
        min(document_currency) as first_currency,
        max(document_currency) as last_currency
    from documents
    where is_refund and original_order_id is not null
    group by original_order_id
),

netted as (
    select
        documents.customer_number,
        documents.ordered_date,
        if(documents.is_refund, -documents.net_amount, documents.net_amount) as signed_amount,
        case
            when documents.is_refund then null
            when refunds.first_currency = documents.document_currency and refunds.last_currency = documents.document_currency
                and refunds.refunded_document_amount = documents.document_net_amount then 0
            else documents.net_amount - coalesce(refunds.refunded_amount, 0)
        end as kept_amount
    from documents
    left join refunds on documents.order_id = refunds.original_order_id
)

select
    customer_number,
    ordered_date as activity_date,
    cast(count(*) filter (where kept_amount > 0) as int) as orders,
    cast(sum(signed_amount) as decimal(18, 4)) as net_revenue,
    cast(coalesce(sum(kept_amount) filter (where kept_amount > 0), 0) as decimal(18, 4)) as kept_revenue
from netted
group by customer_number, ordered_date;

-- Windows end before D, 21 November 2026.
create temp table placed as
select
    customer_number,
    count(*) as orders,
    sum(net_amount) as amount,
    min(ordered_date) as first_day,
    max(ordered_date) as last_day,
    -- 'store', unless another channel that sorts before it has the same time.
    min(ordered_at) filter (where channel = 'store') = min(ordered_at)
    and coalesce(min(ordered_at) filter (where channel < 'store') > min(ordered_at), true) as is_first_in_store,
    count(*) filter (where ordered_date >= date '2025-11-21' and channel = 'store') as store_orders_1_year,
    count(*) filter (where ordered_date >= date '2025-11-21' and has_coupon) as coupons_1_year,
    bool_or(ordered_date between date '2025-11-24' and date '2025-12-01') as has_black_friday,
    sum(net_amount) filter (where ordered_date >= date '2026-05-21') as amount_6_months,
    min(ordered_date) filter (where ordered_date >= date '2026-05-21') as first_day_6_months,
    max(ordered_date) filter (where ordered_date < date '2026-05-21') as last_day_before,
    bit_or(1 << greatest(0, date_diff('month', date '2026-05-21', ordered_date) - if(day(ordered_date) < 21, 1, 0)))
        filter (where ordered_date >= date '2026-05-21') as months,
    max(net_amount) filter (where ordered_date >= date '2026-11-14') as largest_7_days,
    count(*) filter (where ordered_date >= date '2026-11-14') as orders_7_days
from accepted_orders
where is_document and not is_refund
group by customer_number;

create temp table returned as
select customer_number, count(*) as refunds_1_year
from accepted_orders
where is_document and is_refund and ordered_date >= date '2025-11-21'
group by customer_number;
