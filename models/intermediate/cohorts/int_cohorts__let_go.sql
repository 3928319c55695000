{%- set touched = ref('int_cohort_customers__touched') -%}
{{ cohort_counts(rows_of_customers(ref('stg_former_customer_days'), touched), rows_of_customers(ref('stg_former_customer_cohorts'), touched)) }}
