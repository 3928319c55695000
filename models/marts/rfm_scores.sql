with scored as (
    select * from {{ ref('int_customers__scored') }}
)

select
    customer_id,
    basis,
    recency_days,
    frequency,
    monetary,
    r_score,
    f_score,
    m_score,
    rfm_segment,
    repeat_frequency,
    recency_age_days,
    tenure_days,
    repeat_monetary,
    {{ as_of_date() }} as as_of_date
from scored
