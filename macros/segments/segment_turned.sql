{#- The leaves that are a function of the measures alone, or of the customer's name: they stay what they are for whoever's
    measures do. leaves: from segment_catalogue. -#}
{% macro segment_measured_leaves(leaves) %}
  {%- set found = {} -%}
  {%- for name, leaf in leaves.items() if not is_leaf_renewed(leaf) -%}{%- do found.update({name: leaf}) -%}{%- endfor -%}
  {{- return(found) -}}
{% endmacro %}

{#- All other leaves. leaves: from segment_catalogue. -#}
{% macro segment_renewed_leaves(leaves) %}
  {%- set found = {} -%}
  {%- for name, leaf in leaves.items() if is_leaf_renewed(leaf) -%}{%- do found.update({name: leaf}) -%}{%- endfor -%}
  {{- return(found) -}}
{% endmacro %}

{#- Whether a leaf may turn while a customer's measures stay what they are: it looks at the customer, at a list or at a stay,
    or it names a day, which may be counted from the as-of date. leaf: of segment_catalogue. -#}
{% macro is_leaf_renewed(leaf) %}
  {%- set sql = leaf.sql.replace('customers.customer_id', '') -%}
  {{- return(modules.re.search('(customers|lists|stays)[.]|[0-9]{4}-[0-9]{2}-[0-9]{2}', sql) is not none) -}}
{% endmacro %}

{#- The names of the measures that leaves look at. leaves, catalogue: from segment_catalogue. -#}
{% macro segment_measures_of(leaves, catalogue) %}
  {%- set found = {} -%}
  {%- for leaf in leaves.values() -%}
    {%- for name in modules.re.findall('measures[.]([a-z0-9_]+)', leaf.sql) -%}{%- do found.update({name: true}) -%}{%- endfor -%}
  {%- endfor -%}
  {{- return(found.keys() | select('in', catalogue.get('measures', {})) | list) -}}
{% endmacro %}

{#- The joins that bring measures, lists and stays beside CTE customers. catalogue: which asks for them or not.
    names: the CTEs that are there. -#}
{% macro segment_leaf_joins(catalogue, names) %}
  {%- set joins = [] -%}
  {%- for name in names if catalogue.get(name) -%}
    {%- do joins.append('left join ' ~ name ~ ' on customers.customer_id = ' ~ name ~ '.customer_id') -%}
  {%- endfor -%}
  {{- return(joins | join('\n')) -}}
{% endmacro %}

{#- Rules over leaves as CTEs, one per level, to stand behind a CTE; the name of the last is segment_last_level.
    leaves: name of that CTE. levels: from segments_by_level. catalogue: from segment_catalogue. -#}
{% macro segment_level_ctes(leaves, levels, catalogue) -%}
{%- set names = [leaves] -%}
{%- for segments in levels %},

-- {{ 'Segments that refer to no other.' if loop.first else 'Segments that refer to those above.' }}
level_{{ loop.index0 }} as (
    select
        {{ names[-1] }}.*,
        {{ segment_rule_columns(segments, catalogue.leaves) }}
    from {{ names[-1] }}
)
{%- do names.append('level_' ~ loop.index0) -%}
{%- endfor -%}
{%- endmacro %}

{#- The name of the last CTE of segment_level_ctes. -#}
{% macro segment_last_level(leaves, levels) %}
  {{- return('level_' ~ (levels | length - 1) if levels else leaves) -}}
{% endmacro %}
