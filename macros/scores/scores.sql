{#- Score 1-5 of each distinct value of a metric within its basis, as columns basis, value, customers, score.

    Mode quantile: least(5, 1 + floor(5 * (rank - 1) / greatest(n - 1, 1))) over the customers of the
    basis, so equal values share a score; ranks come from the distinct values, because a window over
    all customers would put them on one worker. Modes fixed and frozen read seed score_breaks.
    inputs: relation with columns basis and the metric. metric: recency, frequency or monetary.
    value: SQL expression of the metric, growing with what is better. mode: default var score_mode. -#}
{% macro scored_values(inputs, metric, value, mode=none) %}
  {%- set mode = mode or var('score_mode') %}
    with distinct_values as (
        select
            basis,
            {{ value }} as value,
            count(*) as customers
        from {{ inputs }}
        group by
            basis,
            {{ value }}
    )
    {% if mode == 'quantile' -%}
    , ranked as (
        select
            basis,
            value,
            customers,
            sum(customers) over (partition by basis order by value nulls last) - customers as customers_below,
            sum(customers) over (partition by basis) as all_customers
        from distinct_values
    )

    select
        basis,
        value,
        customers,
        cast(
            {{ 'case when value <= 0 then 1 else ' if metric == 'monetary' -}}
            least(5, 1 + floor(5 * customers_below / greatest(all_customers - 1, 1)))
            {{- ' end' if metric == 'monetary' }} as int
        ) as score
    from ranked
    {%- else -%}
    select
        distinct_values.basis,
        distinct_values.value,
        distinct_values.customers,
        cast({{ 'case when distinct_values.value <= 0 then 1 else breaks.score end' if metric == 'monetary' else 'breaks.score' }} as int) as score
    from distinct_values
    left join {{ ref('score_breaks') }} as breaks
        on
            distinct_values.basis = breaks.basis
            and breaks.score_mode = '{{ mode }}'
            and breaks.metric = '{{ metric }}'
            and {{ is_within_breaks('distinct_values.value', 'breaks') }}
    {%- endif %}
{%- endmacro %}

{#- Whether a value lies within a row of seed score_breaks. value: SQL expression. breaks: alias of the seed. -#}
{% macro is_within_breaks(value, breaks) %}
  {{- return('(' ~ breaks ~ '.from_value is null or ' ~ value ~ ' >= ' ~ breaks ~ '.from_value) and ('
      ~ breaks ~ '.below_value is null or ' ~ value ~ ' < ' ~ breaks ~ '.below_value)') -}}
{% endmacro %}

{#- Decile 1 (best) to 10 of a place in a descending order, sized as ntile(10) sizes them: the first
    n mod 10 deciles hold one more. A tie group takes the decile of its best place.
    above: customers before the tie group. all_customers: customers in all. -#}
{% macro decile_of_position(above, all_customers) -%}
    {%- set size = 'floor(' ~ all_customers ~ ' / 10)' -%}
    {%- set larger = '(' ~ all_customers ~ ' % 10)' -%}
    case
        when {{ above }} < {{ larger }} * ({{ size }} + 1)
            then 1 + floor({{ above }} / nullif({{ size }} + 1, 0))
        else 1 + {{ larger }} + floor(({{ above }} - {{ larger }} * ({{ size }} + 1)) / nullif({{ size }}, 0))
    end
{%- endmacro %}

{#- Values of var score_mode. -#}
{% macro score_modes() %}{{- return(['quantile', 'fixed', 'frozen']) -}}{% endmacro %}
