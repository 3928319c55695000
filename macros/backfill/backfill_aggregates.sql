{#- The CTEs that end in `valued` (customer_no, from_date, to_date, value), over the CTE facts of backfill_measure:
    count, sum, avg as running sums of what comes into the window and what leaves it. aggregate: name. -#}
{% macro backfill_additive(aggregate) %}steps as (
        select unit_no, customer_no, to_date, begins_date as step_date, 1 as step, events, known_values, total from facts
        union all
        select unit_no, customer_no, to_date, ends_date as step_date, -1 as step, -events, -known_values, -total from facts
        where ends_date < to_date
    ),

    summed as (
        select
            unit_no, customer_no, to_date as unit_to_date, step_date,
            {%- if aggregate == 'count' %}
            sum(events) as events
            {%- else %}
            sum(case when total is not null then step else 0 end) as known_rows, sum(known_values) as known_values, coalesce(sum(total), 0) as total
            {%- endif %}
        from steps
        group by unit_no, customer_no, to_date, step_date
    ),

    valued as (
        select
            customer_no,
            step_date as from_date,
            coalesce(lead(step_date) over (partition by unit_no order by step_date nulls last), unit_to_date) as to_date,
            {{ {
                'count': 'nullif(sum(events) over dated, 0)',
                'sum': 'case when sum(known_rows) over dated > 0 then sum(total) over dated end',
                'avg': 'cast(sum(total) over dated as double) / nullif(sum(known_values) over dated, 0)',
            }[aggregate] }} as value
        from summed
        window dated as (partition by unit_no order by step_date nulls last
            rows between unbounded preceding and current row)
    )
{%- endmacro %}

{#- The same for the number of different values: how many of a unit's values are there. -#}
{% macro backfill_distinct() %}steps as (
        select unit_no, customer_no, to_date, detail_value, begins_date as step_date, 1 as step from facts where detail_value is not null
        union all
        select unit_no, customer_no, to_date, detail_value, ends_date as step_date, -1 as step from facts
        where detail_value is not null and ends_date < to_date
    ),

    held as (
        select
            unit_no, customer_no, to_date, step_date, detail_value,
            sum(sum(step)) over (partition by unit_no, detail_value order by step_date nulls last
            rows between unbounded preceding and current row) as present,
            sum(step) as step
        from steps
        group by unit_no, customer_no, to_date, step_date, detail_value
    ),

    summed as (
        select
            unit_no, customer_no, to_date as unit_to_date, step_date,
            sum(case when present > 0 then 1 else 0 end - case when present - step > 0 then 1 else 0 end) as step
        from held
        group by unit_no, customer_no, to_date, step_date
    ),

    valued as (
        select
            customer_no,
            step_date as from_date,
            coalesce(lead(step_date) over (partition by unit_no order by step_date nulls last), unit_to_date) as to_date,
            sum(step) over (partition by unit_no order by step_date nulls last
            rows between unbounded preceding and current row) as value
        from summed
    )
{%- endmacro %}

{#- The same for the smallest and largest value: at each date at which the window changes, of what it holds. -#}
{% macro backfill_extreme(measure) %}
{%- set column = 'try_cast(detail_value as date)' if measure.kind == 'date' else {'min': 'smallest', 'max': 'largest'}[measure.aggregate] -%}
held as (
        select unit_no, customer_no, to_date, begins_date, ends_date, {{ column }} as held_value from facts where {{ column }} is not null
    ),

    moments as (
        select unit_no, customer_no, to_date, begins_date as moment from held
        union
        select unit_no, customer_no, to_date, ends_date as moment from held where ends_date < to_date
    ),

    spans as (
        select
            *,
            coalesce(lead(moment) over (partition by unit_no order by moment nulls last), to_date) as next_moment
        from moments
    ),

    valued as (
        select
            spans.customer_no,
            spans.moment as from_date,
            spans.next_moment as to_date,
            {{ measure.aggregate }}(held.held_value) as value
        from spans
        inner join held on spans.unit_no = held.unit_no and held.begins_date <= spans.moment and spans.moment < held.ends_date
        group by spans.unit_no, spans.customer_no, spans.moment, spans.next_moment
    )
{%- endmacro %}

{#- The same for what goes by the order of events: days come into a window and leave it in their order, so
    that the last one holds until the next comes in or it leaves itself, the first one from when the one before left. -#}
{% macro backfill_ordered(measure) %}
{%- set is_first = measure.aggregate in ('first', 'first_date') -%}
{%- set direction = 'asc' if is_first else 'desc' -%}
{%- if measure.aggregate in ('first_date', 'last_date') -%}
{%- set value = 'occurred_date' -%}
{%- else -%}
{%- set value = {'date': 'try_cast(detail_value as date)', 'amount': 'try_cast(detail_value as decimal(38, 10))', 'text': 'detail_value'}[measure.kind] -%}
{%- endif -%}
ranked as (
        select
            *,
            row_number() over (
                partition by unit_no, occurred_date
                order by
                    detail_at {{ direction }} nulls last,
                    {{ 'try_cast(detail_value as decimal(38, 10))' if measure.kind == 'amount' else 'cast(null as int)' }} {{ direction }} nulls last,
                    detail_value {{ direction }} nulls last
            ) as place
        from facts
    ),

    valued as (
        select
            customer_no,
            {%- if is_first %}
            greatest(begins_date, coalesce(lag(leaves_date) over (partition by unit_no order by occurred_date nulls last), begins_date)) as from_date,
            ends_date as to_date,
            {%- else %}
            begins_date as from_date,
            least(ends_date, coalesce(lead(enters_date) over (partition by unit_no order by occurred_date nulls last), ends_date)) as to_date,
            {%- endif %}
            {{ value }} as value
        from ranked
        where place = 1
    )
{%- endmacro %}
