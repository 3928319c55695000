with bands as (
    select * from {{ ref('int_score_bands__compared') }}
),

metrics as (
    select distinct
        basis,
        metric
    from {{ ref('score_breaks') }}

    union

    select distinct
        basis,
        metric
    from bands
),

scores as (
    select distinct f_score as score from {{ ref('rfm_segment_map') }}
),

frozen_dates as (
    select
        basis,
        metric,
        max(frozen_date) as frozen_date
    from {{ ref('score_breaks') }}
    where score_mode = 'frozen'
    group by basis, metric
),

counted as (
    select
        basis,
        metric,
        sum(customers) as customers,
        sum(customers) filter (where frozen_score is not null) as frozen_customers,
        sum(customers) filter (where frozen_score <> quantile_score) as moved_customers
    from bands
    group by basis, metric
),

banded as (
    select
        bands.basis,
        bands.metric,
        scores.score,
        sum(bands.customers) filter (where bands.frozen_score = scores.score) as frozen_customers,
        sum(bands.customers) filter (where bands.quantile_score = scores.score) as quantile_customers
    from bands
    cross join scores
    group by bands.basis, bands.metric, scores.score
),

shares as (
    select
        banded.basis,
        banded.metric,
        cast(banded.frozen_customers as double) / nullif(counted.customers, 0) as frozen_share,
        cast(banded.quantile_customers as double) / nullif(counted.customers, 0) as quantile_share
    from banded
    inner join counted
        on banded.basis = counted.basis and banded.metric = counted.metric
    where counted.customers = counted.frozen_customers
),

indexes as (
    select
        basis,
        metric,
        {{ population_stability_index('frozen_share', 'quantile_share') }} as stability_index
    from shares
    group by basis, metric
)

select
    cast(metrics.basis as string) as basis,
    cast(metrics.metric as string) as metric,
    frozen_dates.frozen_date,
    cast(coalesce(counted.customers, 0) as bigint) as customers,
    case
        when counted.customers = counted.frozen_customers then cast(coalesce(counted.moved_customers, 0) as bigint)
    end as moved_customers,
    indexes.stability_index,
    cast({{ stability_level('indexes.stability_index') }} as string) as stability_level,
    {{ as_of_date() }} as as_of_date
from metrics
left join counted
    on metrics.basis = counted.basis and metrics.metric = counted.metric
left join indexes
    on metrics.basis = indexes.basis and metrics.metric = indexes.metric
left join frozen_dates
    on metrics.basis = frozen_dates.basis and metrics.metric = frozen_dates.metric
