-- Fails where the break points of the score mode in use are missing, or leave a gap or an overlap:
-- a customer there would have no score, or two. Frozen ones (`make freeze`) may be absent until they are in use.
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
    select distinct basis from {{ ref('int_score_inputs__united') }}
),

metrics as (
    select 'recency' as metric
    union all
    select 'frequency' as metric
    union all
    select 'monetary' as metric
),

modes as (
    select 'frozen' as score_mode
    union
    select '{{ var("score_mode") }}' as score_mode
),

covered as (
    select
        modes.score_mode,
        bases.basis,
        metrics.metric,
        count(breaks.score) as scores,
        count(*) filter (
            where
            (breaks.score = 1) <> (breaks.from_value is null)
            or (breaks.score = 5) <> (breaks.below_value is null)
            or (breaks.score > 1 and breaks.from_value is distinct from breaks.previous_below_value)
        ) as faults
    from modes
    cross join bases
    cross join metrics
    left join breaks
        on
            modes.score_mode = breaks.score_mode
            and bases.basis = breaks.basis
            and metrics.metric = breaks.metric
    group by modes.score_mode, bases.basis, metrics.metric
)

select *
from covered
where
    (score_mode = '{{ var("score_mode") }}' and score_mode <> 'quantile' and scores <> 5)
    or scores not in (0, 5)
    or faults > 0
