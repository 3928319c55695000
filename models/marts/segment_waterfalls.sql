{%- set outputs = segment_outputs(segment_catalogue()) if execute else {'conditions': [], 'steps': {}} -%}
with customers as (
    select * from {{ ref('int_segment_steps__resolved') }}
),

segments as (
    select segment from {{ ref('int_segments__declared') }}
),

steps as (
    select
        segment,
        step_number,
        step_place,
        condition_path,
        condition_text,
        row_number() over (order by segment nulls last, step_number nulls last) as place
    from {{ ref('segment_conditions') }}
    where is_step
),

-- One pass over the customers for all segments.
counted as (
    select
        count(*) as everybody,
        {{ segment_step_counts(outputs.conditions | selectattr('is_step') | list, outputs.steps) }}
    from customers
),

rows_of_steps as (
    select
        segments.segment,
        0 as step_number,
        cast(null as string) as condition_path,
        'every customer' as condition_text,
        counted.everybody as customers_alone,
        counted.everybody as customers_left
    from segments
    cross join counted

    union all

    select
        steps.segment,
        steps.step_number,
        steps.condition_path,
        steps.condition_text,
        coalesce({{ item_at('counted.alone', 'steps.step_place') }}, 0) as customers_alone,
        coalesce({{ item_at('counted.in_order', 'steps.place') }}, 0) as customers_left
    from steps
    cross join counted
)

select
    segment,
    cast(step_number as int) as step_number,
    cast(condition_path as string) as condition_path,
    cast(condition_text as string) as condition_text,
    cast(customers_alone as bigint) as customers_alone,
    cast(customers_left as bigint) as customers_left,
    cast(
        lag(customers_left, 1, customers_left) over (partition by segment order by step_number nulls last) - customers_left
        as bigint
    ) as customers_dropped
from rows_of_steps
