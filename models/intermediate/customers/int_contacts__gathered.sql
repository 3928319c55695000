{{ config(materialized='view') }}

with contacts as (
    select * from {{ ref('int_contacts__existing') }}
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
)

select
    contacts.contact_id,
    identities.customer_id,
    {{ contact_version_columns('contacts') }}
from contacts
inner join identities on contacts.contact_id = identities.contact_id
