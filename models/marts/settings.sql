{#- Left out: what is secret, what table segments says, and what changes no table (where and how rows are read). -#}
{%- set left_out = ['pii_salt', 'segments', 'segment_lists', 'as_of_date', 'known_at'] %}
{%- set left_out = left_out + ['record_history', 'continue_up_to_share'] %}
{%- for name in setting_names() if name not in left_out and not name.startswith('raw_') %}
select
    cast('{{ name }}' as string) as setting,
    cast({{ sql_string(var(name) if var(name) is string else tojson(var(name))) }} as string) as value
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
