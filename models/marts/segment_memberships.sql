{%- set resting = segments_of_attributes(segment_catalogue()).keys() | list if execute else [] -%}
with members as (
    select * from {{ ref('int_segment_members__listed') }}
),

-- The stay on the as-of date, where its beginning was recorded.
stays as (
    select
        segment,
        customer_id,
        valid_from_date
    from {{ ref('int_segment_stays__recorded') }}
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
