-- How few customers bring 80 % of revenue?
-- Read: the row of tier A says which share of buyers brings which share of revenue. Near 20 % and 80 % is usual in retail;
-- a smaller share of buyers means that losing one of them hurts more.
select
    value_tier,
    count(*) as buyers,
    {{ share_of('count(*)', 'sum(count(*)) over ()') }} as buyer_share,
    sum(monetary) as revenue,
    {{ share_of('sum(monetary)', 'sum(sum(monetary)) over ()') }} as revenue_share
from {{ ref('customers') }}
where monetary > 0
group by value_tier
order by value_tier asc nulls last
