{#- The content of a row decides between two of one id and time. -#}
{%- set others = ['created_at', 'updated_at', 'deleted_at', 'loaded_at', 'reason_codes', 'row_content'] -%}
{%- set contents = contact_attributes() + others -%}
with changed as (
    {{ differing_rows(ref('base_contacts__typed'), 'contact_id', contents) | indent }}
)

select distinct contact_id
from changed
