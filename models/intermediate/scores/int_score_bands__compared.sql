with inputs as (
    select
        *,
        {{ days_between('last_date', as_of_date()) }} as recency_days
    from {{ ref('int_score_inputs__united') }}
),

recency_scores as (
    {{ scored_values('inputs', 'recency', '-recency_days', mode='quantile') }}
),

frequency_scores as (
    {{ scored_values('inputs', 'frequency', 'frequency', mode='quantile') }}
),

monetary_scores as (
    {{ scored_values('inputs', 'monetary', 'monetary', mode='quantile') }}
),

metric_values as (
    select
        basis,
        'recency' as metric,
        cast(value as decimal(18, 4)) as value,
        customers,
        score as quantile_score
    from recency_scores

    union all

    select
        basis,
        'frequency' as metric,
        cast(value as decimal(18, 4)) as value,
        customers,
        score as quantile_score
    from frequency_scores

    union all

    select
        basis,
        'monetary' as metric,
        cast(value as decimal(18, 4)) as value,
        customers,
        score as quantile_score
    from monetary_scores
),

frozen_breaks as (
    select * from {{ ref('score_breaks') }}
    where score_mode = 'frozen'
),

scored_twice as (
    select
        metric_values.*,
        case
            when metric_values.metric = 'monetary' and metric_values.value <= 0 and frozen_breaks.score is not null then 1
            else frozen_breaks.score
        end as frozen_score
    from metric_values
    left join frozen_breaks
        on
            metric_values.basis = frozen_breaks.basis
            and metric_values.metric = frozen_breaks.metric
            and {{ is_within_breaks('metric_values.value', 'frozen_breaks') }}
)

select
    cast(basis as string) as basis,
    cast(metric as string) as metric,
    cast(quantile_score as int) as quantile_score,
    cast(frozen_score as int) as frozen_score,
    cast(sum(customers) as bigint) as customers,
    min(value) as lowest_value,
    max(value) as highest_value
from scored_twice
group by basis, metric, quantile_score, frozen_score
