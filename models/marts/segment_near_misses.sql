{{ config(materialized='view') }}

{%- set steps = segment_outputs(segment_catalogue()).steps if execute else {} %}
with conditions as (
    select * from {{ ref('segment_conditions') }}
),

-- A rule of one part has no near miss: who fails it fails all of it.
steps as (
    select
        conditions.segment,
        conditions.step_number,
        conditions.step_place,
        conditions.condition_path,
        conditions.condition_text
    from conditions
    where conditions.is_step and conditions.parent_number is not null
),

flagged as (
    select
        customer_id,
        {{ list_of_columns(steps.keys() | sort, 'boolean') }} as flags
    from {{ ref('int_segment_steps__resolved') }}
),

missed as (
    select
        steps.segment,
        flagged.customer_id,
        min(steps.step_number) as step_number
    from flagged
    cross join steps
    where not {{ item_at('flagged.flags', 'steps.step_place') }}
    group by steps.segment, flagged.customer_id
    having count(*) = 1
)

select
    missed.segment,
    missed.customer_id,
    steps.condition_path,
    steps.condition_text
from missed
inner join steps on missed.segment = steps.segment and missed.step_number = steps.step_number
