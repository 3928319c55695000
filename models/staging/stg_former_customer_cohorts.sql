{%- set cohorts = table_of_last_run('filled', 'int_customer_cohorts__assigned') -%}
{%- if is_continued('int_customer_cohorts__assigned') %}
select
    customer_id,
    cohort_kind,
    cohort_date
from {{ cohorts }}
{%- else %}
select
    cast(null as string) as customer_id,
    cast(null as string) as cohort_kind,
    cast(null as date) as cohort_date
where 1 = 0
{%- endif %}
