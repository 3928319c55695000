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
