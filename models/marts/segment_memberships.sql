{{ config(
    materialized='incremental',
    incremental_strategy='append',
    unique_key=['segment', 'customer_id'],
    on_schema_change='fail',
) }}

{%- set resting = segments_of_attributes(segment_catalogue()).keys() | list if execute else [] -%}
{%- set every_member, renewed = ref('int_segment_members__listed'), ref('int_segment_members__renewed') %}
with members as (
    select * from {{ renewed if is_incremental() else every_member }}
),

-- The stay on the as-of date, where its beginning was recorded.
stays as (
    select
        segment,
        customer_id,
        valid_from_date
    from {{ customers_to_redo(ref('int_segment_stays__recorded'), ref('int_customer_memberships__touched')) }}
    where
        is_start_known
        and valid_from_date <= {{ as_of_date() }}
        and coalesce(valid_to_date > {{ as_of_date() }}, true)
),

backdated as (
    select * from {{ ref('int_customer_attributes__backdated') }}
)

select
    members.segment,
    members.customer_id,
    members.is_primary,
    members.is_reachable,
    members.in_holdout,
    stays.valid_from_date as member_since_date,
    case
        when backdated.customer_id is null then false
        else members.segment in ({{ sql_strings(resting or ['']) }})
    end as rests_on_later_attributes
from members
left join stays
    on members.segment = stays.segment and members.customer_id = stays.customer_id
left join backdated
    on members.customer_id = backdated.customer_id
