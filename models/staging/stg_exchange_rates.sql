with exchange_rates as (
    select
        currency,
        rate_to_eur
    from {{ ref('exchange_rates') }}
),

reporting as (
    select max(rate_to_eur) as reporting_rate_to_eur
    from exchange_rates
    where currency = {{ sql_string(var('reporting_currency')) }}
)

select
    cast(exchange_rates.currency as string) as currency,
    case
        when exchange_rates.currency <> {{ sql_string(var('reporting_currency')) }}
            then exchange_rates.rate_to_eur / nullif(reporting.reporting_rate_to_eur, 0)
    end as rate_to_reporting
from exchange_rates
cross join reporting
