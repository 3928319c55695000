with inputs as (
    select
        *,
        {{ days_between('last_date', as_of_date()) }} as recency_days
    from {{ ref('int_score_inputs__united') }}
),

recency_scores as (
    {{ scored_values('inputs', 'recency', '-recency_days') }}
),

frequency_scores as (
    {{ scored_values('inputs', 'frequency', 'frequency') }}
),

monetary_scores as (
    {{ scored_values('inputs', 'monetary', 'monetary') }}
),

segment_map as (
    select * from {{ ref('rfm_segment_map') }}
)

select
    inputs.customer_id,
    cast(inputs.basis as string) as basis,
    inputs.recency_days,
    inputs.frequency,
    inputs.monetary,
    recency_scores.score as r_score,
    frequency_scores.score as f_score,
    monetary_scores.score as m_score,
    segment_map.rfm_segment,
    cast(inputs.frequency - 1 as int) as repeat_frequency,
    {{ days_between('inputs.first_date', 'inputs.last_date') }} as recency_age_days,
    cast({{ days_between('inputs.first_date', as_of_date()) }} - 1 as int) as tenure_days,
    inputs.repeat_monetary
from inputs
-- Left joins keep their order: of inner ones an engine may join the score tables first, by basis alone.
left join recency_scores
    on inputs.basis = recency_scores.basis and -inputs.recency_days = recency_scores.value
left join frequency_scores
    on inputs.basis = frequency_scores.basis and inputs.frequency = frequency_scores.value
left join monetary_scores
    on inputs.basis = monetary_scores.basis and inputs.monetary = monetary_scores.value
left join segment_map
    on recency_scores.score = segment_map.r_score and frequency_scores.score = segment_map.f_score
