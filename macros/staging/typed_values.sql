{#- A raw value as a UTC timestamp; NULL where it can not be read or lies outside 1900-2199, as the
    engines' special values 'infinity' and year 294247 do. raw: column of a raw view. -#}
{% macro to_timestamp(raw) %}
  {%- set parsed = 'try_cast(' ~ raw ~ ' as timestamp)' -%}
  {{- return("case when " ~ parsed ~ " >= timestamp '1900-01-01 00:00:00' and " ~ parsed ~ " < timestamp '2200-01-01 00:00:00' then " ~ parsed ~ " end") -}}
{% endmacro %}

{#- A raw value as DECIMAL(18,4); NULL where it can not be read. raw: column of a raw view. -#}
{% macro to_amount(raw) %}
  {{- return('try_cast(' ~ raw ~ ' as decimal(18,4))') -}}
{% endmacro %}

{#- A raw e-mail, normalised (lower case), or NULL where malformed. raw: column of a raw view. -#}
{% macro to_email(raw) %}
  {%- set email = 'lower(' ~ raw ~ ')' -%}
  {{- return('case when ' ~ matches_pattern(email, '^[^@ ,;]+@[^@ ,;.]+([.][^@ ,;.]+)+$') ~ ' then ' ~ email ~ ' end') -}}
{% endmacro %}

{#- A raw phone, normalised to an optional plus sign and 7-15 digits (E.164's limit), or NULL where
    malformed. 00 in front is the plus sign; a number without either keeps its national form, because
    its country would be a guess. raw: column of a raw view. -#}
{% macro to_phone(raw) %}
  {%- set bare = "translate(" ~ raw ~ ", ' -()./', '')" -%}
  {%- set phone = "case when " ~ bare ~ " like '00%' then '+' || substr(" ~ bare ~ ", 3) else " ~ bare ~ " end" -%}
  {{- return('case when ' ~ matches_pattern(phone, '^[+]?[0-9]{7,15}$') ~ ' then ' ~ phone ~ ' end') -}}
{% endmacro %}

{#- Whether a raw value is there but its typed form is not. raw, typed: SQL expressions. -#}
{% macro is_unparsable(raw, typed) %}
  {{- return('(' ~ raw ~ ' is not null and ' ~ typed ~ ' is null)') -}}
{% endmacro %}

{#- Whether a time lies impossibly far after its row's load. time, loaded_at: typed timestamps. -#}
{% macro is_after_load(time, loaded_at) %}
  {{- return(time ~ " > " ~ loaded_at ~ " + interval '" ~ (var('future_tolerance_minutes') | int) ~ "' minute") -}}
{% endmacro %}

{#- One amount in the reporting currency, NULL from 10,000,000,000 on: no document is worth that, and
    one slip of the keyboard must not overflow the sums of everybody.
    amount: decimal. rate: SQL expression, double; NULL for 1. -#}
{% macro to_reporting_currency(amount, rate) %}
  {%- set converted = 'cast(' ~ amount ~ ' as double) * coalesce(' ~ rate ~ ', 1)' -%}
  {{- return('case when abs(' ~ converted ~ ') < 10000000000 then case when ' ~ rate ~ ' is null then ' ~ amount
      ~ ' else cast(round(' ~ converted ~ ', 4) as decimal(18,4)) end end') -}}
{% endmacro %}

{#- Whether any of some raw values is there but its typed form is not. columns: raw columns, each with
    its typed form in typed_<column>. -#}
{% macro is_any_unparsable(columns) %}
  {%- set conditions = [] -%}
  {%- for column in columns -%}{%- do conditions.append(is_unparsable(column, 'typed_' ~ column)) -%}{%- endfor -%}
  {{- return(conditions | join(' or ')) -}}
{% endmacro %}

{#- A raw latitude or longitude as a double; NULL where unreadable or out of range.
    raw: column of a raw view. limit: largest degree of either sign. -#}
{% macro to_degrees(raw, limit) %}
  {%- set degrees = 'try_cast(' ~ raw ~ ' as double)' -%}
  {{- return('case when ' ~ degrees ~ ' between -' ~ limit ~ ' and ' ~ limit ~ ' then ' ~ degrees ~ ' end') -}}
{% endmacro %}
