{{ config(
    materialized='incremental',
    incremental_strategy='append',
    unique_key=['customer_id', 'valid_from_date'],
    full_refresh=false,
) }}

with present as (
    select * from {{ ref('int_customer_states__hashed') }}
){{ ',' if is_incremental() }}
{% if is_incremental() %}
former as (
    select
        customer_id,
        max_by(facts_hash, valid_from_date) as facts_hash,
        max_by(ranks_hash, valid_from_date) as ranks_hash
    from {{ this }}
    group by customer_id
),

-- A record that goes beyond the as-of date stays as it is.
later as (
    select max(valid_from_date) as valid_from_date from {{ this }}
)
{% endif %}
select
    present.customer_id,
    present.facts_hash,
    present.ranks_hash,
    {{ as_of_date() }} as valid_from_date
from present
{%- if is_incremental() %}
left join former on present.customer_id = former.customer_id
cross join later
where
    coalesce(later.valid_from_date < {{ as_of_date() }}, true)
    and (former.customer_id is null or present.facts_hash <> former.facts_hash or present.ranks_hash <> former.ranks_hash)
{%- endif %}
