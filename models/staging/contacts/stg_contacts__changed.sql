{%- set contents = contact_attributes() + ['created_at', 'updated_at', 'deleted_at', 'loaded_at', 'reason_codes', 'row_content'] -%}
with changed as (
    {{ differing_rows(ref('base_contacts__typed'), 'contact_id', contents) | indent }}
)

select distinct contact_id
from changed
