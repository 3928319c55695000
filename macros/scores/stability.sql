{#- What one bucket adds to the population stability index: (c - r) * ln(c / r). Shares below 0.0001 count as
    0.0001, so that an empty bucket does not make it infinite. current_share, reference_share: SQL (0-1). -#}
{% macro population_stability_term(current_share, reference_share) -%}
    {%- set current = 'greatest(coalesce(' ~ current_share ~ ', 0), 0.0001)' -%}
    {%- set reference = 'greatest(coalesce(' ~ reference_share ~ ', 0), 0.0001)' -%}
    cast(({{ current }} - {{ reference }}) * ln({{ current }} / nullif({{ reference }}, 0)) as decimal(28,12))
{%- endmacro %}

{#- Population stability index of two distributions over the same buckets: the sum of their terms. An aggregate;
    its terms are decimals because a sum of doubles depends on their order.
    current_share, reference_share: SQL expressions of shares (0-1), one row a bucket. -#}
{% macro population_stability_index(current_share, reference_share) -%}
    cast(sum({{ population_stability_term(current_share, reference_share) }}) as double)
{%- endmacro %}

{#- What an index says: stable below 0.1, alert above 0.25, watch between. index: SQL expression. -#}
{% macro stability_level(index) -%}
    case when {{ index }} < 0.1 then 'stable' when {{ index }} <= 0.25 then 'watch' when {{ index }} > 0.25 then 'alert' end
{%- endmacro %}

{#- Decayed score: sum(weight * 0.5 ^ (age_days / half_life_days)). An aggregate over facts.
    weight: SQL expression. age_days: days since the fact. half_life_days: number above 0. -#}
{% macro decayed_score(weight, age_days, half_life_days) -%}
    {%- if half_life_days is not number or half_life_days <= 0 -%}
        {%- do exceptions.raise_compiler_error("decayed_score: half_life_days is " ~ half_life_days ~ "; give a number above 0.") -%}
    {%- endif -%}
    cast(sum(cast({{ weight }} * power(0.5, cast({{ age_days }} as double) / nullif({{ half_life_days }}, 0)) as decimal(28,12))) as double)
{%- endmacro %}
