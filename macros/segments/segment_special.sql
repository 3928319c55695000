{#- Whether a later year's anniversary of a date falls on one of the days from first on, before until.

    column: SQL date. first: the as-of date; until: at most a year later, both as text. 29 February counts
    as 1 March in years without one. -#}
{% macro segment_anniversary(column, first, until) %}
  {%- set month_day = '(extract(month from ' ~ column ~ ') * 100 + extract(day from ' ~ column ~ '))' -%}
  {%- if '@' in first -%}{{- return(segment_anniversary_open(column, month_day, first, until)) -}}{%- endif -%}
  {%- set low, high = first[5:].replace('-', '') | int, until[5:].replace('-', '') | int -%}
  {%- if first[:4] == until[:4] -%}{%- set inside = month_day ~ ' >= ' ~ low ~ ' and ' ~ month_day ~ ' < ' ~ high -%}
  {%- else -%}{%- set inside = '(' ~ month_day ~ ' >= ' ~ low ~ ' or ' ~ month_day ~ ' < ' ~ high ~ ')' -%}{%- endif -%}
  {%- set leap = namespace(inside=false) -%}
  {%- for year in [first[:4] | int, until[:4] | int] -%}
    {%- set day = year ~ ('-02-29' if days_in_month(year, 2) == 29 else '-03-01') -%}
    {%- if first <= day and day < until -%}{%- set leap.inside = true -%}{%- endif -%}
  {%- endfor -%}
  {{- return(column ~ " < cast('" ~ first ~ "' as date) and case when " ~ month_day ~ ' = 229 then ' ~ ('true' if leap.inside else 'false') ~ ' else ' ~ inside ~ ' end') -}}
{% endmacro %}

{#- The same where the as-of date is open (see as_of_day). month_day: SQL of 100 x month + day of the column. -#}
{% macro segment_anniversary_open(column, month_day, first, until) %}
  {%- set ends, days, leaps = [], [], [] -%}
  {%- for day in [first, until] -%}
    {%- set end = "cast('" ~ day ~ "' as date)" -%}
    {%- do ends.append(end) -%}
    {%- do days.append('(extract(month from ' ~ end ~ ') * 100 + extract(day from ' ~ end ~ '))') -%}
    {#- 59 days after New Year is 29 February, or 1 March in a year without one. -#}
    {%- do leaps.append('cast(' ~ dbt.dateadd('day', 59, dbt.date_trunc('year', end)) ~ ' as date)') -%}
  {%- endfor -%}
  {%- set leap = [] -%}
  {%- for day in leaps -%}{%- do leap.append('(' ~ day ~ ' >= ' ~ ends[0] ~ ' and ' ~ day ~ ' < ' ~ ends[1] ~ ')') -%}{%- endfor -%}
  {%- set is_after, is_before = month_day ~ ' >= ' ~ days[0], month_day ~ ' < ' ~ days[1] -%}
  {{- return(column ~ ' < ' ~ ends[0] ~ ' and case when ' ~ month_day ~ ' = 229 then ' ~ leap | join(' or ') ~ ' when extract(year from ' ~ ends[0]
      ~ ') = extract(year from ' ~ ends[1] ~ ') then ' ~ is_after ~ ' and ' ~ is_before ~ ' else ' ~ is_after ~ ' or ' ~ is_before ~ ' end') -}}
{% endmacro %}

{#- Distance in km on a sphere of radius 6,371.0088 km (mean radius of the Earth, IUGG) by the haversine
    formula. latitude, longitude: SQL degrees. place: dict of latitude and longitude as digits. -#}
{% macro segment_distance_km(latitude, longitude, place) %}
  {{- return('2 * 6371.0088 * asin(sqrt(least(1, power(sin(radians(' ~ latitude ~ ' - ' ~ place.latitude ~ ') / 2), 2) + cos(radians('
      ~ latitude ~ ')) * cos(radians(' ~ place.latitude ~ ')) * power(sin(radians(' ~ longitude ~ ' - ' ~ place.longitude ~ ') / 2), 2))))') -}}
{% endmacro %}

{#- Whether a list of texts has any, all or none of others. column: SQL list. wanted: any, all or none.
    literals: SQL texts joined by commas. -#}
{% macro list_compare(column, wanted, literals) %}
  {{- return(adapter.dispatch('list_compare', 'customer_segmentation')(column, wanted, literals)) -}}
{% endmacro %}

{% macro default__list_compare(column, wanted, literals) %}
  {%- if wanted == 'all' -%}{{- return('size(array_except(array(' ~ literals ~ '), ' ~ column ~ ')) = 0') -}}{%- endif -%}
  {{- return(('not ' if wanted == 'none' else '') ~ 'arrays_overlap(array_compact(' ~ column ~ '), array(' ~ literals ~ '))') -}}
{% endmacro %}

{% macro duckdb__list_compare(column, wanted, literals) %}
  {{- return(('not ' if wanted == 'none' else '') ~ ('list_has_all(' if wanted == 'all' else 'list_has_any(') ~ column ~ ', [' ~ literals ~ '])') -}}
{% endmacro %}

{#- The texts of the list at a path of a JSON text; a single value is a list of one, nothing is NULL.
    column: SQL expression. path: keys joined by dots, each of letters, digits and _. -#}
{% macro json_get_texts(column, path) %}
  {{- return(adapter.dispatch('json_get_texts', 'customer_segmentation')(column, path)) -}}
{% endmacro %}

{% macro default__json_get_texts(column, path) %}
  {%- set found = json_get_text(column, path) -%}
  {{- return('coalesce(from_json(' ~ found ~ ", 'array<string>'), case when " ~ found ~ ' is not null then array(' ~ found ~ ') end)') -}}
{% endmacro %}

{% macro duckdb__json_get_texts(column, path) %}
  {{- return('case when json_type(' ~ column ~ ", '$." ~ path ~ "') = 'ARRAY' then json_extract_string(" ~ column ~ ", '$." ~ path ~ "[*]') when "
      ~ json_get_text(column, path) ~ ' is not null then [' ~ json_get_text(column, path) ~ '] end') -}}
{% endmacro %}

{#- A decimal as text without the zeros that say nothing. number: SQL expression of type decimal. -#}
{% macro segment_short_number(number) %}
  {{- return("trim(trailing '.' from trim(trailing '0' from cast(" ~ number ~ ' as string)))') -}}
{% endmacro %}
