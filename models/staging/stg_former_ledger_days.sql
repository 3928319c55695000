{%- set ledger = table_of_last_run('filled', 'int_segment_ledger__filled') -%}
{%- if is_continued('int_segment_ledger__filled') %}
select
    condition_id,
    occurred_date,
    fingerprint
from {{ ledger }}
where fingerprint is not null
{%- else %}
select
    cast(null as string) as condition_id,
    cast(null as date) as occurred_date,
    cast(null as string) as fingerprint
where 1 = 0
{%- endif %}
