{{ config(materialized='incremental', incremental_strategy='append', unique_key=['order_id', 'load_id', 'row_content']) }}

{%- set rows_to_stage = rows_to_stage('orders') %}

with raw_orders as (
    select * from {{ rows_to_stage }}
),

known_contacts as (
    {{ known_parents(ref('stg_contacts'), 'contact_id', rows_to_stage) | indent }}
),

exchange_rates as (
    select
        currency as rate_currency,
        rate_to_reporting
    from {{ ref('stg_exchange_rates') }}
),

repeated as (
    {{ repeated_ids(rows_to_stage, 'order_id', this if is_incremental() else none) | indent }}
),

typed as (
    select
        raw_orders.*,
        repeated.repeated_id,
        known_contacts.known_contact_id,
        exchange_rates.rate_to_reporting,
        {{ to_timestamp('raw_orders.ordered_at') }} as typed_ordered_at,
        {{ to_timestamp('raw_orders.loaded_at') }} as typed_loaded_at,
        {{ to_amount('raw_orders.net_amount') }} as typed_net_amount,
        {{ to_amount('raw_orders.discount_amount') }} as typed_discount_amount,
        try_cast(raw_orders.is_test as boolean) as typed_is_test,
        lower(raw_orders.document_type) as typed_document_type,
        upper(raw_orders.currency) as typed_currency
    from raw_orders
    left join repeated
        on raw_orders.order_id = repeated.repeated_id
    left join known_contacts
        on raw_orders.contact_id = known_contacts.known_contact_id
    left join exchange_rates
        on upper(raw_orders.currency) = exchange_rates.rate_currency
),

converted as (
    select
        *,
        {{ to_reporting_currency('typed_net_amount', 'rate_to_reporting') }} as reporting_net_amount,
        {{ to_reporting_currency('typed_discount_amount', 'rate_to_reporting') }} as reporting_discount_amount
    from typed
),

checked as (
    select
        *,
        {{ reason_codes({
            'missing_id': 'order_id is null',
            'missing_contact_id': 'contact_id is null',
            'missing_value': 'ordered_at is null or net_amount is null',
            'unparsable_time': is_unparsable('ordered_at', 'typed_ordered_at') ~ ' or ' ~ is_unparsable('loaded_at', 'typed_loaded_at'),
            'unparsable_number': is_unparsable('net_amount', 'reporting_net_amount') ~ ' or ' ~ is_unparsable('discount_amount', 'reporting_discount_amount'),
            'unparsable_boolean': is_unparsable('is_test', 'typed_is_test'),
            'future_time': is_after_load('typed_ordered_at', 'typed_loaded_at'),
            'negative_amount': 'typed_net_amount < 0 or typed_discount_amount < 0',
            'unknown_currency': 'typed_currency <> ' ~ sql_string(var('reporting_currency')) ~ ' and rate_to_reporting is null',
            'unknown_document_type': "typed_document_type not in ('order', 'refund')",
            'unknown_contact': 'contact_id is not null and known_contact_id is null',
        }) }} as reason_codes
    from converted
)

select
    cast(order_id as string) as order_id,
    cast(contact_id as string) as contact_id,
    cast(coalesce(typed_document_type, 'order') as string) as document_type,
    cast(original_order_id as string) as original_order_id,
    typed_ordered_at as ordered_at,
    {{ local_date('typed_ordered_at') }} as ordered_date,
    cast(lower(status) as string) as status,
    cast(coalesce(typed_currency, {{ sql_string(var('reporting_currency')) }}) as string) as document_currency,
    typed_net_amount as document_net_amount,
    reporting_net_amount as net_amount,
    reporting_discount_amount as discount_amount,
    cast(channel as string) as channel,
    cast(coupon_code as string) as coupon_code,
    coalesce(typed_is_test, false) as is_test,
    typed_loaded_at as loaded_at,
    reason_codes,
    {{ row_evidence_columns('orders') }},
    {{ staged_row_columns('orders') }}
from checked
