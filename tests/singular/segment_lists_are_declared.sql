{#- Fails for a list of the seed segment_lists that its YAML (config.meta.lists) does not declare: no segment
    could name it. -#}
{%- set seed = graph.nodes.get('seed.customer_segmentation.segment_lists', {}) if execute else {} -%}
{%- set declared = (seed.get('config', {}).get('meta') or {}).get('lists', {}).keys() | list -%}
select
    list,
    count(*) as contacts
from {{ ref('segment_lists') }}
where list not in ({{ sql_strings(declared) }})
group by list
