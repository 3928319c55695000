-- How much revenue do customers bring whom no channel reaches, and which consent would change that most?
-- Read: only_by_x are customers whom this channel alone reaches: losing its consent loses them; nobody in reach is the
-- revenue behind which a shop has no lever but the shop itself.
select
    value_tier,
    count(*) as customers,
    sum(case when not (is_email_reachable or is_sms_reachable or is_push_reachable or is_ads_reachable) then 1 else 0 end)
        as unreachable,
    sum(case when not (is_email_reachable or is_sms_reachable or is_push_reachable or is_ads_reachable) then monetary else 0 end)
        as unreachable_revenue,
    sum(case when is_email_reachable and not (is_sms_reachable or is_push_reachable or is_ads_reachable) then 1 else 0 end)
        as only_by_email,
    sum(case when is_sms_reachable and not (is_email_reachable or is_push_reachable or is_ads_reachable) then 1 else 0 end)
        as only_by_sms
from {{ ref('customers') }}
group by value_tier
order by value_tier asc nulls last
