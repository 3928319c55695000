{%- set segments = segment_catalogue().segments if execute else [] -%}
{%- set texts = [
    'segment', 'label', 'description', 'layer', 'goal', 'owner', 'reach', 'rule_text', 'rule_hash', 'holdout_salt'
] -%}
{%- set numbers = ['segment_place', 'priority', 'min_customers', 'max_share', 'holdout_below'] -%}
with declared ({{ (texts + numbers) | join(', ') }}) as (
    {{ value_rows(segments, texts, numbers, place='segment_place') }}
)

select
    cast(declared.segment as string) as segment,
    -- Its place among the flags of a customer.
    cast(declared.segment_place as int) as segment_place,
    cast(declared.label as string) as label,
    cast(declared.description as string) as description,
    cast(declared.layer as string) as layer,
    cast(declared.goal as string) as goal,
    cast(declared.owner as string) as owner,
    cast(declared.priority as int) as priority,
    cast(declared.reach as string) as reach,
    cast(declared.rule_text as string) as rule_text,
    cast(declared.rule_hash as string) as rule_hash,
    cast(declared.min_customers as int) as min_customers,
    cast(declared.max_share as double) as max_share,
    cast(declared.holdout_salt as string) as holdout_salt,
    cast(declared.holdout_below as int) as holdout_below
from declared
