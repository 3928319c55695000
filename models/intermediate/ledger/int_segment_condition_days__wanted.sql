{%- set catalogue = segment_catalogue() if execute else {} -%}
with fact_days as (
    select * from {{ ref('int_segment_fact_days__fingerprinted') }}
),

products as (
    select * from {{ ref('stg_products') }}
),

product_table as (
    select
        count(*) || ':' || coalesce(cast(sum({{ row_hash([
            'product_id', 'product_name', 'category', 'brand', 'unit_price', 'unit_cost', 'is_in_stock', 'restocked_at',
        ]) }}) as string), '') as fingerprint
    from products
),

conditions (condition_id, event_type, signature, uses_products, from_date, before_date) as (
    {{ ledger_condition_rows(catalogue) }}
)

select
    cast(conditions.condition_id as string) as condition_id,
    fact_days.occurred_date,
    fact_days.event_type,
    -- What the ledger holds for this day depends on this and on nothing else.
    md5(
        conditions.signature || ':' || fact_days.facts || ':' || fact_days.fingerprint || ':'
        || case when conditions.uses_products then product_table.fingerprint else '' end
    ) as fingerprint
from fact_days
inner join conditions
    on
        fact_days.event_type = conditions.event_type
        and fact_days.occurred_date >= cast(conditions.from_date as date)
        and fact_days.occurred_date < cast(conditions.before_date as date)
cross join product_table
