with members as (
    select * from {{ ref('int_segment_members__listed') }}
),

declared as (
    select * from {{ ref('int_segments__declared') }}
),

customers as (
    select * from {{ ref('int_customers__enriched') }}
),

primary_segments as (
    select * from {{ ref('int_primary_segments__chosen') }}
)

select
    members.segment,
    members.customer_id,
    coalesce(members.segment = primary_segments.primary_segment, false) as is_primary,
    case declared.reach
        when 'email' then coalesce(customers.is_email_reachable, false)
        when 'sms' then coalesce(customers.is_sms_reachable, false)
        when 'push' then coalesce(customers.is_push_reachable, false)
        when 'ads' then coalesce(customers.is_ads_reachable, false)
    end as is_reachable,
    case
        when declared.holdout_below is null then false
        else {{ stable_hash("members.customer_id || ':' || declared.holdout_salt") }} < declared.holdout_below
    end as in_holdout,
    cast(null as date) as member_since_date
from members
inner join declared on members.segment = declared.segment
inner join customers on members.customer_id = customers.customer_id
left join primary_segments on members.customer_id = primary_segments.customer_id
