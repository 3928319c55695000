-- One rate into the reporting currency per currency; NULL for that currency itself, whose amounts stay as they are.
with exchange_rates as (
    select * from {{ ref('exchange_rates') }}
),

reporting as (
    select rate_to_eur as reporting_rate_to_eur
    from exchange_rates
    where currency = {{ sql_string(var('reporting_currency')) }}
)

select
    cast(exchange_rates.currency as string) as currency,
    case
        when exchange_rates.currency <> {{ sql_string(var('reporting_currency')) }}
            then
                cast(
                    cast(exchange_rates.rate_to_eur as double)
                    / nullif(cast(reporting.reporting_rate_to_eur as double), 0) as decimal(18, 8)
                )
    end as rate_to_reporting
from exchange_rates
cross join reporting
