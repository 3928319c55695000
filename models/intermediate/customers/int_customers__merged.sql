{#- Each attribute is the latest one known; the parts of an address come from one contact, so that no
    city ends up in another's country; a consent withdrawn on one contact holds for the customer. -#}
{%- set attributes = ['email', 'phone', 'first_name', 'last_name', 'birth_date', 'gender', 'language', 'time_zone',
    'acquisition_source', 'acquisition_campaign', 'preferred_channel', 'job_title', 'company_name', 'company_industry',
    'company_employees', 'company_annual_revenue', 'plan', 'attributes'] %}
{%- set address_parts = ['country_code', 'region', 'city', 'postal_code', 'latitude', 'longitude'] %}
{%- set consents = ['email_consent', 'sms_consent', 'push_consent', 'ads_consent'] %}
{%- set every_contact, touched = ref('int_contacts__gathered'), ref('int_customer_attributes__touched') %}

with contacts as (
    select * from {{ rows_of_customers(every_contact, touched) if is_incremental() else every_contact }}
),

customer_sizes as (
    select
        customer_id,
        count(*) as contact_count
    from contacts
    group by customer_id
    having count(*) > 1
),

unlinked as (
    select contacts.*
    from contacts
    left join customer_sizes
        on contacts.customer_id = customer_sizes.customer_id
    where customer_sizes.customer_id is null
),

linked as (
    select
        contacts.*,
        customer_sizes.contact_count,
        row_number() over (
            partition by contacts.customer_id
            order by coalesce(contacts.updated_at, contacts.created_at) desc, contacts.contact_id asc nulls last
        ) as contact_rank
    from contacts
    inner join customer_sizes
        on contacts.customer_id = customer_sizes.customer_id
),

located as (
    select
        *,
        coalesce(
            min(case when country_code is not null then contact_rank end) over (partition by customer_id),
            min(case when coalesce(region, city, postal_code) is not null then contact_rank end) over (partition by customer_id),
            min(case when coalesce(latitude, longitude) is not null then contact_rank end) over (partition by customer_id)
        ) as address_rank
    from linked
)

select
    customer_id,
    created_at,
    updated_at,
    {%- for column in attributes + address_parts + consents %}
    {{ column }},
    {%- endfor %}
    cast(1 as int) as contact_count
from unlinked

union all

select
    customer_id,
    min(created_at) as created_at,
    max(updated_at) as updated_at,
    {%- for column in attributes %}
    {{ latest_known(column, 'contact_rank') }} as {{ column }},
    {%- endfor %}
    {%- for column in address_parts %}
    max(case when contact_rank = address_rank then {{ column }} end) as {{ column }},
    {%- endfor %}
    {%- for column in consents %}
    bool_and({{ column }}) as {{ column }},
    {%- endfor %}
    cast(max(contact_count) as int) as contact_count
from located
group by customer_id
