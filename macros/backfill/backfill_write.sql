{#- Put the computed memberships in the place of what was recorded of some segments from from_date on and before
    before_date; what lies before and after stays and is joined to it.

    segments: names, computed by backfill_one_pass or given in table looped_stays. is_one_pass: whether the former
    was run. A run-operation with the same scratch and the vars of the last build. -#}
{% macro backfill_write(scratch, from_date, before_date, segments, is_one_pass) %}
  {%- do backfill_attach(scratch) -%}
  {%- do make_loads_tables() -%}
  {%- set stays = table_of_last_run('segment_state', 'int_segment_stays__recorded') -%}
  {%- set days = table_of_last_run('segment_state', 'int_segment_days__recorded') -%}
  {%- set memberships = ref('segment_memberships') -%}
  {%- set names = sql_strings(segments) -%}
  {%- set first, before = "cast('" ~ from_date ~ "' as date)", "cast('" ~ before_date ~ "' as date)" -%}
  {%- do backfill_create('borders', backfill_borders(days, names, first, before)) -%}
  {%- do backfill_create('pieces', backfill_pieces(stays, names, first, before, is_one_pass)) -%}
  {%- do backfill_create('new_stays', backfill_new_stays()) -%}
  {%- set statements %}
    begin transaction;
    delete from {{ stays }} where segment in ({{ names }});
    insert into {{ stays }} (segment, customer_id, valid_from_date, valid_to_date, is_start_known, rule_hash, entry_cause, exit_cause)
    select segment, customer_id, valid_from_date, valid_to_date, is_start_known, rule_hash, entry_cause, exit_cause from {{ backfill_table('new_stays') }};
    delete from {{ days }} where segment in ({{ names }}) and recorded_date >= {{ first }} and recorded_date < {{ before }};
    insert into {{ days }} (segment, recorded_date, rule_hash, known_at)
    select borders.segment, calendar.as_of_date, borders.rule_hash, known.known_at
    from {{ backfill_table('borders') }} as borders
    cross join {{ backfill_table('calendar') }} as calendar
    cross join {{ ref('int_rows__known') }} as known;
    update {{ memberships }} as members set member_since_date = found.valid_from_date
    from (
        select
            present.segment,
            present.customer_id,
            known.valid_from_date
        from {{ memberships }} as present
        left join {{ stays }} as known
            on present.segment = known.segment and present.customer_id = known.customer_id and known.is_start_known
            and known.valid_from_date <= {{ as_of_date() }} and coalesce(known.valid_to_date > {{ as_of_date() }}, true)
        where present.segment in ({{ names }})
    ) as found
    where members.segment = found.segment and members.customer_id = found.customer_id;
    update {{ source('former', 'int_customer_memberships__fingerprinted') }} set catalogue_hash = '';
    commit;
  {% endset -%}
  {%- do run_query(statements) -%}
{% endmacro %}

{#- The recorded dates around the range, one row per segment. days: relation. names: literals. first, before: SQL dates of the range. -#}
{% macro backfill_borders(days, names, first, before) %}
    with around as (
        select
            segment,
            max(case when recorded_date < {{ first }} then recorded_date end) as former_date,
            min(case when recorded_date >= {{ before }} then recorded_date end) as later_date
        from {{ days }}
        group by segment
    ),

    range_dates as (
        select min(as_of_date) as first_date, max(as_of_date) as last_date from {{ backfill_table('calendar') }}
    )

    select
        plan.segment,
        plan.rule_hash,
        range_dates.first_date,
        range_dates.last_date,
        around.former_date,
        around.later_date,
        -- Why somebody comes or goes where the range meets what was recorded before it and after it.
        case when former.rule_hash is distinct from plan.rule_hash then 'rule_edited' else 'customer_changed' end as former_cause,
        case when later.rule_hash is distinct from plan.rule_hash then 'rule_edited' else 'customer_changed' end as later_cause
    from {{ backfill_table('plan') }} as plan
    cross join range_dates
    left join around on plan.segment = around.segment
    left join {{ days }} as former on plan.segment = former.segment and around.former_date = former.recorded_date
    left join {{ days }} as later on plan.segment = later.segment and around.later_date = later.recorded_date
    where plan.segment in ({{ names }})
{% endmacro %}

{#- What the stays are put together from: parts recorded before the range, computed within it, recorded after it. -#}
{% macro backfill_pieces(stays, names, first, before, is_one_pass) %}
    with recorded as (
        select
            stays.*,
            borders.first_date,
            borders.later_date,
            borders.former_cause,
            borders.later_cause
        from {{ stays }} as stays
        inner join {{ backfill_table('borders') }} as borders on stays.segment = borders.segment
        where stays.segment in ({{ names }})
    ),

    computed as (
        {{- backfill_computed(is_one_pass) }}
    )

    select
        segment, customer_id, valid_from_date as from_date,
        case when valid_to_date < {{ first }} then valid_to_date else first_date end as to_date,
        is_start_known, rule_hash, entry_cause,
        case when valid_to_date < {{ first }} then exit_cause else former_cause end as exit_cause
    from recorded
    where valid_from_date < {{ first }}

    union all

    select
        computed.segment, computed.customer_id, computed.from_date,
        case when computed.to_date = {{ backfill_end() }} then coalesce(borders.later_date, computed.to_date) else computed.to_date end as to_date,
        borders.former_date is not null or computed.from_date > borders.first_date as is_start_known,
        borders.rule_hash,
        case
            when computed.from_date > borders.first_date then computed.entry_cause
            when borders.former_date is not null then borders.former_cause
        end as entry_cause,
        case
            when computed.to_date < {{ backfill_end() }} then computed.exit_cause
            when borders.later_date is not null then coalesce(ended.exit_cause, borders.later_cause)
        end as exit_cause
    from computed
    inner join {{ backfill_table('borders') }} as borders on computed.segment = borders.segment
    left join recorded as ended
        on computed.segment = ended.segment and computed.customer_id = ended.customer_id and borders.later_date = ended.valid_to_date

    union all

    select
        segment, customer_id, greatest(valid_from_date, later_date) as from_date,
        coalesce(valid_to_date, {{ backfill_end() }}) as to_date,
        true as is_start_known, rule_hash,
        case when valid_from_date >= later_date then coalesce(entry_cause, later_cause) else later_cause end as entry_cause,
        exit_cause
    from recorded
    where later_date is not null and coalesce(valid_to_date > later_date, true)
{% endmacro %}

{#- The stays within the range: of the segments that were built date by date, and of the one pass. -#}
{% macro backfill_computed(is_one_pass) %}
        select segment, customer_id, from_date, to_date, entry_cause, exit_cause from {{ backfill_table('looped_stays') }}
        {%- if is_one_pass %}
        union all
        select
            spans.segment,
            customers.customer_id,
            spans.from_date,
            spans.to_date,
            case when entered.moved_customer_no is null then 'customer_changed' else 'identity_merged' end as entry_cause,
            case when spans.to_date = {{ backfill_end() }} then null when left_then.moved_customer_no is null then 'customer_changed' else 'identity_merged' end as exit_cause
        from {{ backfill_table('member_spans') }} as spans
        inner join {{ backfill_table('customers') }} as customers on spans.customer_no = customers.customer_no
        left join {{ backfill_table('moves') }} as entered on spans.customer_no = entered.moved_customer_no and spans.from_date = entered.moved_date
        left join {{ backfill_table('moves') }} as left_then on spans.customer_no = left_then.moved_customer_no and spans.to_date = left_then.moved_date
        {%- endif %}
{%- endmacro %}

{#- The pieces joined where one ends as the next begins. -#}
{% macro backfill_new_stays() %}
    with marked as (
        select
            *,
            case when from_date = lag(to_date) over (partition by segment, customer_id order by from_date nulls last) then 0 else 1 end as is_new
        from {{ backfill_table('pieces') }}
    ),

    numbered as (
        select
            *,
            coalesce(lead(is_new) over (partition by segment, customer_id order by from_date nulls last), 1) as is_last,
            sum(is_new) over (
                partition by segment, customer_id order by from_date nulls last
                rows between unbounded preceding and current row
            ) as stay
        from marked
    )

    select
        segment,
        customer_id,
        min(from_date) as valid_from_date,
        nullif(max(to_date), {{ backfill_end() }}) as valid_to_date,
        bool_or(is_new = 1 and is_start_known) as is_start_known,
        max(case when is_new = 1 then rule_hash end) as rule_hash,
        max(case when is_new = 1 and is_start_known then entry_cause end) as entry_cause,
        max(case when is_last = 1 and to_date < {{ backfill_end() }} then exit_cause end) as exit_cause
    from numbered
    group by segment, customer_id, stay
{% endmacro %}
