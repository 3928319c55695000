{{ config(materialized='table') }}

{{ turned_rows('events', 'event_id', {
    'id': 'contact_id', 'orphan_code': 'unknown_contact', 'typed': ref('base_contacts__typed'), 'accepted': ref('stg_contacts'),
}) }}
