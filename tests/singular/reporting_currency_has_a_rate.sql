-- Fails where seed exchange_rates has no rate of the reporting currency: no amount could be converted.
select count(*) as rates
from {{ ref('exchange_rates') }}
where currency = {{ sql_string(var('reporting_currency')) }}
having count(*) = 0
