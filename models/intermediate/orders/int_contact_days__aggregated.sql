{{ config(
    materialized='incremental',
    incremental_strategy='append',
    unique_key=['contact_id', 'activity_date'],
) }}

{%- set touched_documents = netted_documents(ref('int_contact_days__touched')) -%}
{%- set every_document = ref('int_documents__netted') -%}
with documents as (
    {%- if is_incremental() %}
    {{ touched_documents | indent }}
    {%- else %}
    select * from {{ every_document }}
    {%- endif %}
)

select
    contact_id,
    ordered_date as activity_date,
    cast(count(case when is_occasion then 1 end) as int) as orders,
    cast(sum(signed_amount) as decimal(18, 4)) as net_revenue,
    cast(coalesce(sum(case when is_occasion then kept_amount end), 0) as decimal(18, 4)) as kept_revenue,
    bool_or(is_occasion) as is_occasion
from documents
group by
    contact_id,
    ordered_date
