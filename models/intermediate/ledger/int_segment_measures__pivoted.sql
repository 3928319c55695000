{%- set measures = (segment_catalogue() if execute else {}).get('measures', {}) -%}
with summed as (
    select * from {{ ref('int_segment_measures__summed') }}
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
),

-- A row without a measure for each customer, so that none is missing.
united as (
    select
        customer_id,
        measure_key,
        count_value,
        date_value,
        amount_value,
        text_value
    from summed

    union all

    select distinct
        customer_id,
        null as measure_key,
        null as count_value,
        null as date_value,
        null as amount_value,
        null as text_value
    from identities
),

packed as (
    select
        customer_id,
        {{ packed_values('measure_key', 'count_value') }} as count_values,
        {{ packed_values('measure_key', 'date_value') }} as date_values,
        {{ packed_values('measure_key', 'amount_value') }} as amount_values,
        {{ packed_values('measure_key', 'text_value') }} as text_values
    from united
    group by customer_id
)

select
    packed.customer_id
    {{- ledger_measure_columns(measures) }}
from packed
