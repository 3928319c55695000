{{ config(materialized='view') }}

{%- set identities, touched = ref('int_identities__resolved'), ref('int_customer_attributes__touched') %}
with contacts as (
    select * from {{ ref('int_contacts__existing') }}
),

identities as (
    {%- if is_continued('int_customers__merged') %}
    select identities.*
    from {{ identities }} as identities
    inner join {{ touched }} as touched on identities.customer_id = touched.customer_id
    {%- else %}
    select * from {{ identities }}
    {%- endif %}
)

select
    contacts.contact_id,
    identities.customer_id,
    {{ contact_version_columns('contacts') }}
from contacts
inner join identities on contacts.contact_id = identities.contact_id
