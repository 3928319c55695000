{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['from_date', 'to_date'],
    on_schema_change='append_new_columns',
) }}

with pairs as (
    select
        paired.from_date,
        paired.to_date
    from {{ ref('int_migration_periods__paired') }} as paired
    {%- if is_incremental() %}
    -- Counted once, and again for the day that this run may have recorded anew.
    left join (select distinct from_date, to_date from {{ this }}) as counted
        on paired.from_date = counted.from_date and paired.to_date = counted.to_date
    where counted.from_date is null or {{ as_of_date() }} in (paired.from_date, paired.to_date)
    {%- endif %}
),

positions as (
    select * from {{ ref('int_customer_positions__recorded') }}
),

ends as (
    select
        pairs.from_date,
        pairs.to_date,
        positions.customer_id,
        positions.primary_segment as from_primary,
        positions.rfm_segment as from_rfm,
        cast(null as string) as to_primary,
        cast(null as string) as to_rfm
    from pairs
    inner join positions on pairs.from_date = positions.as_of_date

    union all

    select
        pairs.from_date,
        pairs.to_date,
        positions.customer_id,
        null as from_primary,
        null as from_rfm,
        positions.primary_segment as to_primary,
        positions.rfm_segment as to_rfm
    from pairs
    inner join positions on pairs.to_date = positions.as_of_date
),

moves as (
    select
        from_date,
        to_date,
        customer_id,
        coalesce(max(from_primary), 'none') as from_primary,
        coalesce(max(to_primary), 'none') as to_primary,
        coalesce(max(from_rfm), 'none') as from_rfm,
        coalesce(max(to_rfm), 'none') as to_rfm
    from ends
    group by
        from_date,
        to_date,
        customer_id
),

counted as (
    select
        from_date,
        to_date,
        from_primary,
        to_primary,
        from_rfm,
        to_rfm,
        count(*) as customers
    from moves
    group by
        from_date,
        to_date,
        from_primary,
        to_primary,
        from_rfm,
        to_rfm
),

both_schemes as (
    select
        'primary' as scheme,
        from_primary as from_segment,
        to_primary as to_segment,
        from_date,
        to_date,
        customers
    from counted

    union all

    select
        'rfm' as scheme,
        from_rfm as from_segment,
        to_rfm as to_segment,
        from_date,
        to_date,
        customers
    from counted
)

select
    cast(scheme as string) as scheme,
    cast(from_segment as string) as from_segment,
    cast(to_segment as string) as to_segment,
    from_date,
    to_date,
    cast(sum(customers) as bigint) as customers
from both_schemes
group by
    scheme,
    from_segment,
    to_segment,
    from_date,
    to_date
