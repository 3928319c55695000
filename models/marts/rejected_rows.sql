{%- set sources = {
    'contacts': 'contact_id', 'orders': 'order_id', 'order_lines': 'order_line_id', 'products': 'product_id', 'events': 'event_id',
} %}
{%- for source_name, id in sources.items() %}
select
    cast('{{ source_name }}' as string) as source,
    {{ id }} as row_id,
    reason_codes,
    cast(raw_row as string) as raw_row,
    loaded_at
from {{ ref('base_' ~ source_name) }}
where reason_codes is not null
{{ 'union all' if not loop.last }}
{%- endfor %}
