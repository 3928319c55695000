{{ config(materialized='table') }}

{{ turned_rows('orders', 'order_id', {
    'id': 'contact_id', 'orphan_code': 'unknown_contact', 'typed': ref('base_contacts__typed'), 'accepted': ref('stg_contacts'),
}) }}
