-- Fails where equal revenue has two tiers or deciles, or less revenue a better one.
with tier_values as (
    select
        net_revenue,
        min(value_tier) as best_tier,
        max(value_tier) as worst_tier,
        min(value_decile) as best_decile,
        max(value_decile) as worst_decile
    from {{ ref('value_tiers') }}
    group by net_revenue
),

compared as (
    select
        *,
        lag(worst_tier) over (order by net_revenue desc nulls last) as tier_above,
        lag(worst_decile) over (order by net_revenue desc nulls last) as decile_above
    from tier_values
)

-- A < B < C < none holds for the names as texts too.
select *
from compared
where
    best_tier <> worst_tier
    or best_decile <> worst_decile
    or best_tier < tier_above
    or best_decile < decile_above
