{%- set catalogue = segment_catalogue() if execute else {} -%}
{%- set rows = [] -%}
{%- for name, contact_id in catalogue.get('list_rows', []) -%}
    {%- do rows.append({'list': name, 'contact_id': contact_id}) -%}
{%- endfor -%}
with seeded as (
    select
        list,
        contact_id
    from {{ ref('segment_lists') }}
),

-- Var segment_lists.
given (list, contact_id) as (
    {{ value_rows(rows, ['list', 'contact_id']) }}
),

listed as (
    select * from seeded
    union all
    select * from given
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
)

select
    {%- for name in catalogue.get('lists', []) %}
    coalesce(bool_or(listed.list = {{ sql_string(name) }}), false) as list_{{ name }},
    {%- endfor %}
    identities.customer_id
from identities
inner join listed on identities.contact_id = listed.contact_id
group by identities.customer_id
