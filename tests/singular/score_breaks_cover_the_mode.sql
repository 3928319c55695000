-- Fails where the break points of the score mode in use are missing, or leave a gap or an overlap:
-- a customer there would have no score, or two.
with breaks as (
    select
        score_mode,
        basis,
        metric,
        score,
        from_value,
        below_value,
        lag(below_value) over (
            partition by score_mode, basis, metric
            order by score nulls last
        ) as previous_below_value
    from {{ ref('score_breaks') }}
),

bases as (
    select 'orders' as basis
    union all
    select 'engagement' as basis
),

metrics as (
    select 'recency' as metric
    union all
    select 'frequency' as metric
    union all
    select 'monetary' as metric
),

covered as (
    select
        bases.basis,
        metrics.metric,
        count(breaks.score) as scores,
        count(*) filter (
            where
            (breaks.score = 1) <> (breaks.from_value is null)
            or (breaks.score = 5) <> (breaks.below_value is null)
            or (breaks.score > 1 and breaks.from_value is distinct from breaks.previous_below_value)
        ) as faults
    from bases
    cross join metrics
    left join breaks
        on
            bases.basis = breaks.basis
            and metrics.metric = breaks.metric
            and breaks.score_mode = '{{ var("score_mode") }}'
    group by bases.basis, metrics.metric
)

select *
from covered
where
    '{{ var("score_mode") }}' <> 'quantile'
    and (scores <> 5 or faults > 0)
