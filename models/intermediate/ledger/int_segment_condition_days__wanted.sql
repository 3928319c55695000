{%- set catalogue = segment_catalogue() if execute else {} -%}
with event_types as (
    select * from {{ ref('int_segment_event_types__dated') }}
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
),

-- Before the first fact of its event a condition has nothing to ask for.
asked as (
    select
        conditions.condition_id,
        conditions.event_type,
        greatest(cast(conditions.from_date as date), event_types.first_date) as first_date,
        {{ dbt.dateadd('day', -1, 'cast(conditions.before_date as date)') }} as last_date,
        -- What a fact of the event adds to the ledger depends on this and on nothing else.
        md5(
            conditions.signature || ':' || case when conditions.uses_products then product_table.fingerprint else '' end
        ) as fingerprint
    from conditions
    inner join event_types on conditions.event_type = event_types.event_type
    cross join product_table
)

select
    cast(asked.condition_id as string) as condition_id,
    cast(series.period_date as date) as occurred_date,
    cast(asked.event_type as string) as event_type,
    asked.fingerprint
from asked
{{ each_day('asked.first_date', 'asked.last_date') }}
where asked.first_date <= asked.last_date
