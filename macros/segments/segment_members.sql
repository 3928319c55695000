{#- Who is in which segment, as a SELECT statement: one row per segment and customer that is a member of it, with what
    segment_memberships needs of the customer. rules: int_segment_rules__resolved, or some of its rows, as what stands
    after FROM. -#}
{% macro segment_members(rules) -%}
{%- set flags = segment_flags(segment_catalogue().segments) if execute else [] -%}
with rules as (
    select
        customer_id,
        {{ list_of_columns(flags, 'boolean') }} as flags
    from {{ rules }}
),

segments as (
    select * from {{ ref('int_segments__declared') }}
),

customers as (
    select * from {{ ref('int_customers__enriched') }}
),

primary_segments as (
    select * from {{ ref('int_primary_segments__chosen') }}
),

-- What a member brings along stands beside its flags, so that no row of a membership looks it up.
flagged as (
    select
        rules.customer_id,
        rules.flags,
        customers.monetary,
        customers.is_email_reachable,
        customers.is_sms_reachable,
        customers.is_push_reachable,
        customers.is_ads_reachable,
        primary_segments.primary_segment
    from rules
    inner join customers on rules.customer_id = customers.customer_id
    left join primary_segments on rules.customer_id = primary_segments.customer_id
)

select
    segments.segment,
    flagged.customer_id,
    coalesce(segments.segment = flagged.primary_segment, false) as is_primary,
    case segments.reach
        when 'email' then coalesce(flagged.is_email_reachable, false)
        when 'sms' then coalesce(flagged.is_sms_reachable, false)
        when 'push' then coalesce(flagged.is_push_reachable, false)
        when 'ads' then coalesce(flagged.is_ads_reachable, false)
    end as is_reachable,
    case
        when segments.holdout_below is null then false
        else {{ stable_hash("flagged.customer_id || ':' || segments.holdout_salt") }} < segments.holdout_below
    end as in_holdout,
    flagged.monetary
from flagged
cross join segments
where {{ item_at('flagged.flags', 'segments.segment_place') }}
{%- endmacro %}
