-- Fails for reasons of rejected rows that seed rejection_reasons does not explain.
with found as (
    select distinct reason_codes
    from {{ ref('rejected_rows') }}
),

explained as (
    select
        found.reason_codes,
        count(reasons.reason_code) as reasons
    from found
    left join {{ ref('rejection_reasons') }} as reasons
        on ',' || found.reason_codes || ',' like '%,' || reasons.reason_code || ',%'
    group by found.reason_codes
)

select *
from explained
where reasons <> length(reason_codes) - length(replace(reason_codes, ',', '')) + 1
