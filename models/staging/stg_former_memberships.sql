{%- set former = source('former', 'int_customer_memberships__fingerprinted') -%}
select
    customer_id,
    fingerprint,
    is_backdated,
    catalogue_hash
from {{ former }}
{%- if not is_continued('segment_memberships') %}
where 1 = 0
{%- endif %}
