{#- The leaves that rest on one and the same. leaves: from segment_catalogue. ground: of leaf_ground. -#}
{% macro segment_leaves_on(leaves, ground) %}
  {%- set found = {} -%}
  {%- for name, leaf in leaves.items() if leaf_ground(leaf) == ground -%}{%- do found.update({name: leaf}) -%}{%- endfor -%}
  {{- return(found) -}}
{% endmacro %}

{#- What a leaf rests on, and so whose has to be looked at again: `measures`, those of the customer or its name alone;
    `attributes`, what the customer's contacts say alone (int_customers__merged); `others`, all else: what is known of a customer
    beside others, a list, a stay, or a day, which may be counted from the as-of date. leaf: of segment_catalogue. -#}
{% macro leaf_ground(leaf) %}
  {%- set sql = leaf.sql.replace('customers.customer_id', '') -%}
  {%- if modules.re.search('(lists|stays)[.]|[0-9]{4}-[0-9]{2}-[0-9]{2}', sql) -%}{{- return('others') -}}{%- endif -%}
  {%- set fields = modules.re.findall('customers[.]([A-Za-z0-9_]*)', sql) -%}
  {%- if not fields -%}{{- return('measures') -}}{%- endif -%}
  {{- return('others' if 'measures.' in sql or fields | reject('in', fields_of_contacts()) | list else 'attributes') -}}
{% endmacro %}

{#- The fields of customers that are what their contacts say: the documented columns of int_customers__merged. -#}
{% macro fields_of_contacts() %}
  {{- return(graph.nodes['model.customer_segmentation.int_customers__merged'].columns.keys() | list) -}}
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
