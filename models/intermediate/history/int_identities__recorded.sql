{{ config(
    materialized='incremental',
    incremental_strategy='append',
    unique_key=['contact_id', 'valid_from_date'],
    full_refresh=false,
) }}

with present as (
    select * from {{ ref('int_identities__resolved') }}
){{ ',' if is_incremental() }}
{% if is_incremental() %}
former as (
    select
        contact_id,
        max_by(customer_id, valid_from_date) as customer_id
    from {{ this }}
    group by contact_id
),

-- A record that goes beyond the as-of date stays as it is.
later as (
    select max(valid_from_date) as valid_from_date from {{ this }}
)
{% endif %}
select
    present.contact_id,
    present.customer_id,
    {{ as_of_date() }} as valid_from_date
from present
{%- if is_incremental() %}
left join former on present.contact_id = former.contact_id
cross join later
where
    coalesce(later.valid_from_date < {{ as_of_date() }}, true)
    and (former.contact_id is null or present.customer_id <> former.customer_id)
{%- endif %}
