with declared as (
    select * from {{ ref('int_segments__declared') }}
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
    declared.rule_hash
from declared
