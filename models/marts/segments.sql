with declared as (
    select * from {{ ref('int_segments__declared') }}
),

exported as (
    select
        segment,
        max(exported_at) as last_exported_at
    from {{ ref('stg_segment_exports') }}
    where exported_date < {{ as_of_date() }}
    group by segment
)

select
    declared.segment,
    declared.label,
    declared.description,
    declared.layer,
    declared.goal,
    declared.owner,
    declared.priority,
    declared.reach,
    declared.min_customers,
    declared.max_share,
    declared.rule_text,
    declared.rule_hash,
    exported.last_exported_at
from declared
left join exported on declared.segment = exported.segment
