{{ config(materialized='table') }}

{%- set known = "select contact_id as parent_id from " ~ ref('stg_contacts') -%}
{%- set lost = "select typed.contact_id as parent_id from " ~ ref('base_contacts__typed')
    ~ " as typed left join " ~ ref('stg_contacts') ~ " as known_now on typed.contact_id = known_now.contact_id where typed.row_state = 'removed' and known_now.contact_id is null" -%}
{{ arrived_rows('events', 'event_id', {'id': 'contact_id', 'orphan_code': 'unknown_contact', 'known': known, 'lost': lost}) }}
