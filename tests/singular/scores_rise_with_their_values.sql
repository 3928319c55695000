-- Fails where equal values have two scores, or a better value a lower score, in any basis and metric.
with score_rows as (
    select
        basis,
        'recency' as metric,
        -cast(recency_days as decimal(18, 4)) as metric_value,
        r_score as score
    from {{ ref('rfm_scores') }}

    union all

    select
        basis,
        'frequency' as metric,
        cast(frequency as decimal(18, 4)) as metric_value,
        f_score as score
    from {{ ref('rfm_scores') }}

    union all

    select
        basis,
        'monetary' as metric,
        monetary as metric_value,
        m_score as score
    from {{ ref('rfm_scores') }}
),

score_values as (
    select
        basis,
        metric,
        metric_value,
        min(score) as lowest_score,
        max(score) as highest_score
    from score_rows
    group by basis, metric, metric_value
),

compared as (
    select
        *,
        lag(highest_score) over (partition by basis, metric order by metric_value nulls last) as score_below
    from score_values
)

select *
from compared
where lowest_score <> highest_score or lowest_score < score_below
