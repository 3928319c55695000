with bands as (
    select * from {{ ref('int_score_bands__compared') }}
),

scores as (
    select distinct f_score as score from {{ ref('rfm_segment_map') }}
),

reached as (
    select
        bands.basis,
        bands.metric,
        scores.score,
        min(bands.lowest_value) filter (where bands.quantile_score >= scores.score) as lowest_value,
        max(bands.highest_value) + case when bands.metric = 'monetary' then 0.0001 else 1 end as value_above_all
    from bands
    cross join scores
    group by bands.basis, bands.metric, scores.score
),

-- A score that nobody has begins where the next one does; above the best value where there is none.
bounds as (
    select
        basis,
        metric,
        score,
        case when score > 1 then coalesce(lowest_value, value_above_all) end as from_value
    from reached
)

select
    basis,
    metric,
    cast(score as int) as score,
    cast(from_value as decimal(18, 4)) as from_value,
    cast(lead(from_value) over (partition by basis, metric order by score nulls last) as decimal(18, 4)) as below_value,
    {{ as_of_date() }} as as_of_date
from bounds
