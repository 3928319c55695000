-- Fails for a cell of R 1-5 x F 1-5 that is not named exactly once, and for one outside or of an unknown name.
with scores as (
    select 1 as score
    union all
    select 2 as score
    union all
    select 3 as score
    union all
    select 4 as score
    union all
    select 5 as score
),

cells as (
    select
        recency.score as r_score,
        frequency.score as f_score
    from scores as recency
    cross join scores as frequency
),

segment_map as (
    select * from {{ ref('rfm_segment_map') }}
)

select
    coalesce(cells.r_score, segment_map.r_score) as r_score,
    coalesce(cells.f_score, segment_map.f_score) as f_score,
    count(segment_map.rfm_segment) as name_count,
    min(segment_map.rfm_segment) as rfm_segment
from cells
full outer join segment_map
    on cells.r_score = segment_map.r_score and cells.f_score = segment_map.f_score
group by
    coalesce(cells.r_score, segment_map.r_score),
    coalesce(cells.f_score, segment_map.f_score)
having
    count(segment_map.rfm_segment) <> 1
    or count(cells.r_score) <> 1
    or min(segment_map.rfm_segment) not in (
        'champions', 'loyal', 'potential_loyalist', 'new', 'promising', 'need_attention', 'about_to_sleep',
        'cant_lose', 'at_risk', 'hibernating'
    )
