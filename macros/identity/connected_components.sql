{#- Nodes of a graph with the smallest node they are connected to, as columns node and component.

    Converges on chains of any length in about log2(length) rounds: in each, a node and its present
    label take the smallest label's label found among the node's neighbours (FastSV; Zhang, Azad, Hu:
    a distributed-memory algorithm for connected components, 2020).
    edges: name of a CTE with columns node and neighbour, each pair in both directions. -#}
{% macro connected_components(edges) %}
  {{- return(adapter.dispatch('connected_components', 'customer_segmentation')(edges)) -}}
{% endmacro %}

{% macro default__connected_components(edges) %}
  {%- do exceptions.raise_compiler_error(
      "Identity: no recursive connected_components for engine " ~ target.type
      ~ "; add a macro " ~ target.type ~ "__connected_components.") -%}
{% endmacro %}

{% macro duckdb__connected_components(edges) %}
    with recursive labels(node, component) using key (node) as (
        select
            node,
            least(node, min(neighbour)) as component
        from {{ edges }}
        group by node

        union

        select
            improved.node,
            improved.component
        from (
            select
                candidates.node,
                min(candidates.component) as component
            from (
                select
                    unnest([edge.node, own.component]) as node,
                    least(further.component, own_further.component) as component
                from {{ edges }} as edge
                inner join recurring.labels as own on edge.node = own.node
                inner join recurring.labels as own_further on own.component = own_further.node
                inner join recurring.labels as near on edge.neighbour = near.node
                inner join recurring.labels as further on near.component = further.node
            ) as candidates
            group by candidates.node
        ) as improved
        inner join recurring.labels as present on improved.node = present.node
        where improved.component < present.component
    )

    select
        node,
        component
    from labels
{% endmacro %}
