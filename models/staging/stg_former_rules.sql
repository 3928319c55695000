{%- set rules = table_of_last_run('resolved', 'int_segment_rules__resolved') -%}
{%- if is_continued('int_segment_rules__resolved') %}
select * from {{ rules }}
{%- else %}
select cast(null as string) as customer_id
where 1 = 0
{%- endif %}
