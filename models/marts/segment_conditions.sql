{%- set conditions = segment_outputs(segment_catalogue()).conditions if execute else [] -%}
{%- set texts = ['segment', 'condition_path', 'condition_text', 'condition_kind', 'leaf', 'referred_segment', 'observed_key'] -%}
{%- set others = [
    'condition_number', 'parent_number', 'nesting_depth', 'step_number', 'is_step', 'step_place', 'leaf_place', 'segment_place', 'observed_place'
] -%}
with conditions (
    {{ (texts + others) | join(',\n    ') }}
) as (
    {{ value_rows(conditions, texts, others) }}
)

select
    cast(conditions.segment as string) as segment,
    cast(conditions.condition_number as int) as condition_number,
    cast(conditions.condition_path as string) as condition_path,
    cast(conditions.condition_text as string) as condition_text,
    cast(conditions.condition_kind as string) as condition_kind,
    cast(conditions.parent_number as int) as parent_number,
    cast(conditions.nesting_depth as int) as nesting_depth,
    cast(conditions.step_number as int) as step_number,
    cast(conditions.leaf as string) as leaf,
    cast(conditions.referred_segment as string) as referred_segment,
    cast(conditions.observed_key as string) as observed_key,
    cast(conditions.step_place as int) as step_place,
    cast(conditions.leaf_place as int) as leaf_place,
    cast(conditions.segment_place as int) as segment_place,
    cast(conditions.observed_place as int) as observed_place,
    coalesce(cast(conditions.is_step as boolean), false) as is_step
from conditions
