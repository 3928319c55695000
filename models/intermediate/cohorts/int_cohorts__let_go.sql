{%- set touched = ref('int_cohort_customers__touched') -%}
{{ cohort_counts(customers_of(ref('stg_former_customer_days'), touched), customers_of(ref('stg_former_customer_cohorts'), touched)) }}
