{#- The segment in question. -#}
{%- set segment = 'vip' -%}
-- Who fails just one condition of a segment, and which one?
-- Read: many customers behind one condition are the next members; what they lack says which message moves them.
select
    misses.segment,
    misses.condition_text,
    count(*) as customers,
    avg(cast(customers.monetary as double)) as mean_revenue,
    sum(case when customers.is_email_reachable then 1 else 0 end) as reachable_by_email
from {{ ref('segment_near_misses') }} as misses
inner join {{ ref('customers') }} as customers
    on misses.customer_id = customers.customer_id
where misses.segment = '{{ segment }}'
group by misses.segment, misses.condition_text
order by customers desc nulls last, misses.condition_text asc nulls last
