{%- set days = table_of_last_run('filled', 'int_customer_days__aggregated') -%}
{%- if is_continued('int_customer_days__aggregated') %}
select
    customer_id,
    activity_date,
    is_occasion,
    net_revenue
from {{ days }}
{%- else %}
select
    cast(null as string) as customer_id,
    cast(null as date) as activity_date,
    cast(null as boolean) as is_occasion,
    cast(null as decimal(18, 4)) as net_revenue
where 1 = 0
{%- endif %}
