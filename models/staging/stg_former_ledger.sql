{%- set ledger = source('filled', 'int_segment_ledger__filled') -%}
{%- if is_continued('int_segment_ledger__filled') %}
select distinct
    condition_id,
    contact_id
from {{ ledger }}
where contact_id is not null
{%- else %}
select
    cast(null as string) as condition_id,
    cast(null as string) as contact_id
where 1 = 0
{%- endif %}
