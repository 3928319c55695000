{#- The contacts of ledger rows on days that a window has let go or taken in, by condition, as a SELECT statement over CTE
    moved, of int_segment_days__moved. is_whole tells a condition of which every day has moved.
    ledger: relation of condition_id, occurred_date, contact_id; no CTE, which an engine would keep whole for its two readers. -#}
{% macro ledger_on_moved_days(ledger) -%}
select
    ledger.contact_id,
    ledger.condition_id,
    false as is_whole
from {{ ledger }} as ledger
inner join moved
    on ledger.condition_id = moved.condition_id and ledger.occurred_date = moved.occurred_date
where ledger.contact_id is not null

union

select
    ledger.contact_id,
    ledger.condition_id,
    true as is_whole
from {{ ledger }} as ledger
inner join moved on ledger.condition_id = moved.condition_id
where ledger.contact_id is not null and moved.occurred_date is null
{%- endmacro %}
