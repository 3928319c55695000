{%- set catalogue = segment_catalogue() if execute else {'segments': [], 'leaves': {}, 'stays': []} -%}
with rules as (
    select * from {{ ref('int_segment_rules__resolved') }}
),

customers as (
    select * from {{ ref('int_customers__enriched') }}
),

backdated as (
    select * from {{ ref('int_customer_attributes__backdated') }}
)

select
    rules.customer_id,
    cast({{ memberships_fingerprint(catalogue, 'rules', 'customers') }} as bigint) as fingerprint,
    backdated.customer_id is not null as is_backdated,
    '{{ memberships_catalogue_hash(catalogue) }}' as catalogue_hash
from rules
inner join customers on rules.customer_id = customers.customer_id
left join backdated on rules.customer_id = backdated.customer_id
