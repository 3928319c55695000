{#- The value of a column in the first row of a group that has one. column: name. rank: column that
    orders the rows, 1 = first. -#}
{% macro latest_known(column, rank) %}
  {{- return('min_by(' ~ column ~ ', ' ~ rank ~ ') filter (where ' ~ column ~ ' is not null)') -}}
{% endmacro %}
