{%- set touched = ref('int_cohort_customers__touched') -%}
{%- set days = rows_of_customers(ref('stg_former_customer_days'), touched) -%}
{%- set assigned = rows_of_customers(ref('stg_former_customer_cohorts'), touched) -%}
{{ cohort_counts(days, assigned) }}
