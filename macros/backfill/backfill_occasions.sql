{#- First, last and last but one occasion and their number, over time.

    Occasions come in the order of their days; only of units where one goes again (refunds), or comes late, the
    rest is looked through at every change. -#}
{% macro backfill_occasion_spans() %}
    with occasions as (
        select * from {{ backfill_table('occasions') }}
    ),

    -- A day may hold an occasion again after a refund of a refund's order: then it stands there twice.
    ordered as (
        select
            *,
            lag(from_date) over unit_days as former_from_date,
            lag(ordered_date) over unit_days as former_ordered_date
        from occasions
        window unit_days as (partition by unit_no order by ordered_date nulls last, from_date nulls last)
    ),

    unsteady as (
        select distinct unit_no from ordered
        where to_date < unit_to_date or from_date < former_from_date or ordered_date = former_ordered_date
    ),

    steady as (
        select
            ordered.unit_no,
            ordered.customer_no,
            ordered.unit_to_date,
            ordered.from_date,
            lead(ordered.from_date) over unit_days as next_from_date,
            min(ordered.ordered_date) over unit_days as first_order_date,
            ordered.ordered_date as last_order_date,
            ordered.former_ordered_date as previous_order_date,
            row_number() over unit_days as frequency
        from ordered
        left join unsteady on ordered.unit_no = unsteady.unit_no
        where unsteady.unit_no is null
        window unit_days as (partition by ordered.unit_no order by ordered.ordered_date nulls last)
    ),

    looked_through as (
        {{- backfill_unsteady_spans() }}
    )

    select
        unit_no, customer_no, unit_to_date, from_date, coalesce(next_from_date, unit_to_date) as to_date,
        first_order_date, last_order_date, previous_order_date, cast(frequency as int) as frequency
    from steady
    where next_from_date is null or next_from_date > from_date

    union all

    select * from looked_through
{% endmacro %}

{#- The same of the units in CTE unsteady, at every date at which one of their occasions comes or goes. -#}
{% macro backfill_unsteady_spans() %}
    with moments as (
        select occasions.unit_no, occasions.customer_no, occasions.unit_to_date, occasions.from_date as moment from occasions
        inner join unsteady on occasions.unit_no = unsteady.unit_no
        union
        select occasions.unit_no, occasions.customer_no, occasions.unit_to_date, occasions.to_date as moment from occasions
        inner join unsteady on occasions.unit_no = unsteady.unit_no
        where occasions.to_date < occasions.unit_to_date
    ),

    spans as (
        select
            *,
            coalesce(lead(moment) over (partition by unit_no order by moment nulls last), unit_to_date) as next_moment
        from moments
    )

    select
        spans.unit_no, spans.customer_no, spans.unit_to_date, spans.moment as from_date, spans.next_moment as to_date,
        min(occasions.ordered_date) as first_order_date,
        max(occasions.ordered_date) as last_order_date,
        {{ second_largest('occasions.ordered_date', 'true') }} as previous_order_date,
        cast(count(*) as int) as frequency
    from spans
    inner join occasions on spans.unit_no = occasions.unit_no and occasions.from_date <= spans.moment and spans.moment < occasions.to_date
    group by spans.unit_no, spans.customer_no, spans.unit_to_date, spans.moment, spans.next_moment
{% endmacro %}

{#- What a customer bought over time: the columns of customers that rest on orders, one row per span. Dates are
    carried as numbers of days, so that all of them are running sums. -#}
{% macro backfill_purchases() %}
    {%- set origin = "cast('2000-01-01' as date)" %}
    {%- set dates = ['first_order_date', 'last_order_date', 'previous_order_date'] %}
    with steps as (
        {%- for date, sign in [('from_date', 1), ('to_date', -1)] %}
        select
            unit_no, customer_no, unit_to_date, {{ date }} as step_date,
            {%- for name in dates %}
            {{ sign }} * coalesce({{ days_between(origin, name) }}, 0) as {{ name }},
            case when {{ name }} is not null then {{ sign }} else 0 end as {{ name }}_known,
            {%- endfor %}
            {{ sign }} * frequency as frequency, 0 as orders, 0 as monetary
        from {{ backfill_table('occasion_spans') }}
        where {{ date }} < unit_to_date
        union all
        select unit_no, customer_no, unit_to_date, {{ date }} as step_date, {{ '0, ' * 6 }}0 as frequency, {{ sign }} as orders, 0 as monetary
        from {{ backfill_table('occasion_orders') }}
        where {{ date }} < unit_to_date
        union all
        {%- endfor %}
        select
            unit_no, customer_no, to_date as unit_to_date, known_date as step_date, {{ '0, ' * 6 }}0 as frequency, 0 as orders,
            case when document_type = 'order' then net_amount else -net_amount end as monetary
        from {{ backfill_table('documents') }}
    ),

    summed as (
        select
            unit_no, customer_no, unit_to_date, step_date,
            {%- for name in dates %}
            sum({{ name }}) as {{ name }},
            sum({{ name }}_known) as {{ name }}_known,
            {%- endfor %}
            sum(frequency) as frequency, sum(orders) as orders, sum(monetary) as monetary
        from steps
        group by unit_no, customer_no, unit_to_date, step_date
    )

    select
        unit_no,
        customer_no,
        step_date as from_date,
        coalesce(lead(step_date) over (partition by unit_no order by step_date nulls last), unit_to_date) as to_date,
        {%- for name in dates %}
        case when sum({{ name }}_known) over dated > 0
            then cast({{ dbt.dateadd('day', 'cast(sum(' ~ name ~ ') over dated as int)', origin) }} as date) end as {{ name }},
        {%- endfor %}
        cast(sum(frequency) over dated as int) as frequency,
        cast(sum(orders) over dated as int) as orders,
        cast(sum(monetary) over dated as decimal(18, 4)) as monetary
    from summed
    window dated as (partition by unit_no order by step_date nulls last
            rows between unbounded preceding and current row)
{% endmacro %}

{#- The lifecycle stage over time: as int_customer_lifecycles__staged, at each date at which one of its limits passes. -#}
{% macro backfill_stages() %}
    with limits as (
        select purchases.*, purchases.from_date as moment from {{ backfill_table('purchases') }} as purchases
        {%- for date, days in [('last_order_date', var('lifecycle_churned_days') - 1), ('last_order_date', var('lifecycle_lapsing_days') - 1), ('first_order_date', var('lifecycle_new_days'))] %}
        union
        select purchases.*, known.known_date as moment
        from {{ backfill_table('purchases') }} as purchases
        inner join {{ backfill_table('known_days') }} as known
            on cast({{ dbt.dateadd('day', days | int, 'purchases.' ~ date) }} as date) = known.day
            and known.known_date > purchases.from_date and known.known_date < purchases.to_date
        {%- endfor %}
    ),

    spans as (
        select
            *,
            {{ days_between('first_order_date', 'moment') }} as days_since_first,
            {{ days_between('last_order_date', 'moment') }} as days_since_last,
            {{ days_between('previous_order_date', 'last_order_date') }} as days_of_last_pause,
            coalesce(lead(moment) over (partition by unit_no, from_date order by moment nulls last), to_date) as next_moment
        from limits
    )

    select
        customer_no,
        moment as from_date,
        next_moment as to_date,
        {{ lifecycle_stage() }} as lifecycle_stage
    from spans
{% endmacro %}

{#- Conditions on how a customer engages: days with one of the events that count. -#}
{% macro backfill_engagement_leaves(leaves) %}
  {%- set chosen = leaves | selectattr('source', 'equalto', 'engagements') | list -%}
  {%- if chosen -%}
    {%- set query %}
    with days as (
        select distinct
            units.unit_no,
            units.customer_no,
            units.to_date as unit_to_date,
            events.occurred_date as engagement_date,
            greatest(units.from_date, known.known_date) as from_date
        from {{ ref('stg_events') }} as events
        inner join {{ backfill_table('unit_contacts') }} as units on events.contact_id = units.contact_id
        inner join {{ backfill_table('known_days') }} as known on events.occurred_date = known.day
        where events.event_type in ({{ sql_strings(text_list_var('engagement_event_types')) }}) and greatest(units.from_date, known.known_date) < units.to_date
    ),

    counted as (
        select
            *,
            lead(from_date) over (partition by unit_no order by engagement_date nulls last) as next_from_date,
            cast(row_number() over (partition by unit_no order by engagement_date nulls last) as int) as engagement_frequency
        from days
    )

    select customer_no, from_date, coalesce(next_from_date, unit_to_date) as to_date, engagement_date, engagement_frequency
    from counted
    where next_from_date is null or next_from_date > from_date
    {% endset -%}
    {%- do backfill_create('engagements', query) -%}
    {%- for leaf in chosen -%}{%- do backfill_off_spans(leaf, backfill_table('engagements'), 'customers') -%}{%- endfor -%}
  {%- endif -%}
{% endmacro %}
