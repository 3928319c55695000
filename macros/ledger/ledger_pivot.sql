{#- CTEs grouped and measures, to stand behind others: measures has a row per customer of the packed measures and a column
    per measure, its words above it. packed: name of a CTE or a relation. catalogue: from segment_catalogue.
    names: of the measures wanted. -#}
{% macro ledger_measure_ctes(packed, catalogue, names) -%}
{%- set groups, labels = [], [] -%}
{%- for group in ledger_measure_groups(catalogue) if group.measures | select('in', names) | list -%}
  {%- do groups.append(dict(group, measures=group.measures | select('in', names) | list)) -%}
  {%- do labels.append(sql_string(group.name)) -%}
{%- endfor -%}
grouped as (
    select
        {%- for group in groups %}
        {{ only_value(group.kind ~ '_values') }} filter (where measure_group = {{ labels[loop.index0] }}) as values_{{ loop.index }},
        {%- endfor %}
        customer_id
    from {{ packed }}
    where {{ 'measure_group in (' ~ labels | join(', ') ~ ')' if groups else '1 = 0' }}
    group by customer_id
),

measures as (
    select
        grouped.customer_id
        {{- ledger_measure_columns(groups, catalogue.get('measures', {})) | indent(4) }}
    from grouped
)
{%- endmacro %}
