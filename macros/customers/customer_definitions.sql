{#- The lifecycle stage of a customer, as an SQL expression over first_order_date, days_since_first, days_since_last and
    days_of_last_pause (between the last two occasions). -#}
{% macro lifecycle_stage() -%}
case
        when first_order_date is null then 'prospect'
        when days_since_last >= {{ var('lifecycle_churned_days') | int }} then 'churned'
        when days_since_last >= {{ var('lifecycle_lapsing_days') | int }} then 'lapsing'
        when days_of_last_pause >= {{ var('lifecycle_churned_days') | int }} then 'reactivated'
        when days_since_first <= {{ var('lifecycle_new_days') | int }} then 'new'
        else 'active'
    end
{%- endmacro %}

{#- By which channels a customer may be reached, as a select list: consent, and an address where the channel needs one.
    alias: of the customer's merged attributes. -#}
{% macro reachable_columns(alias) -%}
coalesce({{ alias }}.email_consent and {{ alias }}.email is not null, false) as is_email_reachable,
    coalesce({{ alias }}.sms_consent and {{ alias }}.phone is not null, false) as is_sms_reachable,
    coalesce({{ alias }}.push_consent, false) as is_push_reachable,
    coalesce({{ alias }}.ads_consent and ({{ alias }}.email is not null or {{ alias }}.phone is not null), false) as is_ads_reachable
{%- endmacro %}
