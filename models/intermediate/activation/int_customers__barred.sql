{%- set contacts = [] -%}
{%- for name, contact_id in (segment_list_rows() if execute else []) if name == 'do_not_contact' -%}
    {%- do contacts.append({'contact_id': contact_id}) -%}
{%- endfor -%}
-- A table, for a view would hold the ids of var segment_lists in its text.
with given (contact_id) as (
    {{ value_rows(contacts, ['contact_id']) }}
),

listed as (
    select contact_id
    from {{ ref('segment_lists') }}
    where list = 'do_not_contact'
    union
    select contact_id
    from given
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
)

select distinct identities.customer_id
from identities
inner join listed on identities.contact_id = listed.contact_id
