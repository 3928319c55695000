{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['cohort_kind', 'period_grain', 'cohort_period', 'period_date'],
) }}

{%- set measures = ['members', 'customers', 'active_customers', 'last_active_customers', 'revenue'] -%}
{%- set touched, former = ref('int_cohort_customers__touched'), ref('int_cohorts__let_go') -%}
{%- set days = customers_to_redo(ref('int_customer_days__aggregated'), touched) -%}
{%- set assigned = customers_to_redo(ref('int_customer_cohorts__assigned'), touched) -%}
{%- set counts = cohort_counts(days, assigned) -%}
{%- if not is_incremental() %}
{{ counts }}
{%- else %}
with counts as (
    {{ counts | indent }}
),

-- What touched customers do now instead of what they did.
differences as (
    select
        cohort_kind,
        period_grain,
        cohort_period,
        period_date,
        {%- for measure in measures %}
        {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from counts

    union all

    select
        cohort_kind,
        period_grain,
        cohort_period,
        period_date,
        {%- for measure in measures %}
        -{{ measure }} as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ former }}
),

summed as (
    select
        cohort_kind,
        period_grain,
        cohort_period,
        period_date,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from differences
    group by cohort_kind, period_grain, cohort_period, period_date
)

select
    summed.cohort_kind,
    summed.period_grain,
    summed.cohort_period,
    summed.period_date,
    {%- for measure in measures %}
    cast(summed.{{ measure }} + coalesce(held.{{ measure }}, 0) as {{ 'decimal(38, 4)' if measure == 'revenue' else 'bigint' }}) as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from summed
left join {{ this }} as held
    on
        summed.cohort_kind = held.cohort_kind
        and summed.period_grain = held.period_grain
        and summed.cohort_period = held.cohort_period
        and summed.period_date = held.period_date
where summed.{{ measures | join(' <> 0 or summed.') }} <> 0
{%- endif %}
