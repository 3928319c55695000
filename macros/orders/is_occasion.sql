{#- Whether an order makes its day an occasion, as SQL over kept_amount (what refunds have left) and net_amount. With
    occasions_require_revenue false an order that was free from the start counts; one refunded to nothing does not. -#}
{% macro is_occasion() %}
  {{- return('coalesce(kept_amount > 0, false)' if var('occasions_require_revenue')
      else 'coalesce(kept_amount > 0 or (kept_amount = 0 and net_amount = 0), false)') -}}
{% endmacro %}
