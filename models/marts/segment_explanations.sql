{{ config(materialized='view') }}

{%- set catalogue = segment_catalogue() if execute else {'segments': [], 'leaves': {}} -%}
{%- set flags = segment_flags(catalogue.segments) -%}
{%- set observations = segment_outputs(catalogue).observations if execute else [] %}
with conditions as (
    select * from {{ ref('segment_conditions') }}
),

leaves as (
    select
        customer_id,
        {{ list_of_columns(catalogue.leaves.keys() | sort, 'boolean') }} as flags
    from {{ ref('int_segment_leaves__evaluated') }}
),

rules as (
    select
        customer_id,
        {{ list_of_columns(flags, 'boolean') }} as flags
    from {{ ref('int_segment_rules__resolved') }}
),

judged as (
    select
        conditions.segment,
        conditions.condition_number,
        leaves.customer_id,
        {{ item_at('leaves.flags', 'conditions.leaf_place') }} as is_met
    from leaves
    cross join conditions
    where conditions.condition_kind = 'condition'

    union all

    select
        conditions.segment,
        conditions.condition_number,
        rules.customer_id,
        {{ item_at('rules.flags', 'conditions.segment_place') }} as is_met
    from rules
    cross join conditions
    where conditions.condition_kind = 'segment'
),

customers as (
    select * from {{ ref('customers') }}
),

measures as (
    select * from {{ ref('int_segment_measures__pivoted') }}
),

lists as (
    select * from {{ ref('int_segment_lists__resolved') }}
),

stays as (
    select * from {{ ref('int_segment_stays__known') }}
),

observed as (
    select
        conditions.segment,
        conditions.condition_number,
        customers.customer_id,
        {{ expression_at('conditions.observed_place', observations, indent='        ') }} as observed_value
    from customers
    left join measures on customers.customer_id = measures.customer_id
    left join lists on customers.customer_id = lists.customer_id
    left join stays on customers.customer_id = stays.customer_id
    cross join conditions
    where conditions.observed_place is not null
),

explained as (
    select
        judged.segment,
        judged.customer_id,
        conditions.condition_path,
        conditions.condition_text,
        judged.is_met,
        case
            when conditions.condition_kind = 'segment' and judged.is_met then 'member'
            when conditions.condition_kind = 'segment' then 'not a member'
            else observed.observed_value
        end as observed_value
    from judged
    inner join conditions
        on judged.segment = conditions.segment and judged.condition_number = conditions.condition_number
    left join observed
        on
            judged.segment = observed.segment
            and judged.condition_number = observed.condition_number
            and judged.customer_id = observed.customer_id
)

select
    segment,
    customer_id,
    condition_path,
    condition_text,
    observed_value,
    is_met
from explained
