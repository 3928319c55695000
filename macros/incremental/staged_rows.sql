{#- The raw rows that staging has to read in this run: in a continued run those of base_<table>s__arrived, else all.
    table: of source raw. -#}
{% macro rows_to_stage(table) %}
  {%- set every, arrived = source('raw', table), ref('base_' ~ table ~ '__arrived') -%}
  {{- return(arrived if is_incremental() else every) -}}
{% endmacro %}

{#- The select statement of a base_<table>__arrived model: in a continued run the raw rows of loads that changed, and
    of other loads those that are staged otherwise now: rows whose id was borne once and is borne again, because what is
    repeated is staged with more columns, and rows whose parent came or went; else no row. Other loads are opened only
    where they hold such a row.
    table: of source raw. id: its id column. parent: dict with id (column of the table and of its parents), orphan_code (reason
    code of a row whose parent is unknown), typed (relation of the parents' staged rows) and accepted (relation of the parents
    that are known now); none for none. -#}
{% macro arrived_rows(table, id, parent=none) %}
  {%- set every, changed, staged = source('raw', table), source('loads', table ~ '_changed'), table_of_last_run('staged', 'base_' ~ table ~ '__typed') -%}
  {%- if not is_continued('base_' ~ table ~ '__typed') %}
select *
from {{ every }}
where 1 = 0
  {%- else %}
with changed_loads as (
    select load_id as changed_load_id
    from {{ source('loads', 'changed_loads') }}
    where table_name = '{{ table }}'
),

{{- turned_parents(parent) if parent }}

borne as (
    select distinct staged.{{ id }} as borne_id
    from {{ staged }} as staged
    inner join changed_loads on staged.load_id = changed_loads.changed_load_id
    where staged.row_state <> 'removed'
),

coming as (
    select distinct cast(changed.{{ id }} as string) as coming_id
    from {{ changed }} as changed
    left join borne on changed.{{ id }} = borne.borne_id
    where borne.borne_id is null
),

turned as (
    select
        staged.{{ id }} as turned_id,
        staged.load_id as turned_load_id
    from {{ staged }} as staged
    inner join coming on staged.{{ id }} = coming.coming_id
    where staged.row_state <> 'removed' and not staged.is_repeated
    {%- if parent %}

    union all

    select
        staged.{{ id }} as turned_id,
        staged.load_id as turned_load_id
    from {{ staged }} as staged
    inner join known_parents on staged.{{ parent.id }} = known_parents.known_id
    where staged.row_state <> 'removed' and staged.reason_codes like '%{{ parent.orphan_code }}%'

    union all

    select
        staged.{{ id }} as turned_id,
        staged.load_id as turned_load_id
    from {{ staged }} as staged
    inner join lost_parents on staged.{{ parent.id }} = lost_parents.lost_id
    where staged.row_state <> 'removed'
    {%- endif %}
),

turned_elsewhere as (
    select distinct
        turned.turned_id,
        turned.turned_load_id
    from turned
    left join changed_loads on turned.turned_load_id = changed_loads.changed_load_id
    where changed_loads.changed_load_id is null
)

select *
from {{ changed }}

union all

select every_row.*
from {{ every }} as every_row
inner join turned_elsewhere
    on every_row.load_id = turned_elsewhere.turned_load_id and every_row.{{ id }} is not distinct from turned_elsewhere.turned_id
where every_row.load_id in (select turned_load_id from turned_elsewhere)
  {%- endif %}
{%- endmacro %}

{#- The CTEs known_parents and lost_parents of such a statement: parents that may have come or gone. Only those of which this run
    staged a row can have. parent: as in arrived_rows. -#}
{% macro turned_parents(parent) %}

staged_parents as (
    select distinct {{ parent.id }} as staged_id
    from {{ parent.typed }}
    where row_state <> 'kept'
),

known_parents as (
    select distinct staged_parents.staged_id as known_id
    from {{ parent.accepted }} as accepted
    inner join staged_parents on accepted.{{ parent.id }} = staged_parents.staged_id
),

lost_parents as (
    select staged_parents.staged_id as lost_id
    from staged_parents
    left join known_parents on staged_parents.staged_id = known_parents.known_id
    where known_parents.known_id is null
),
{%- endmacro %}

{#- The pre-hook of a base_<table>__typed model: rows that the last run removed go, those that it added are like all others, and those
    that are staged anew are marked as removed. typed: relation. arrived: relation of base_<table>__arrived. table: of source raw. id: its id column. -#}
{% macro retire_rows(typed, arrived, table, id) %}
  {%- if is_incremental() -%}
    {%- set changed = "select load_id from " ~ loads_table('changed_loads') ~ " where table_name = '" ~ table ~ "'" -%}
delete from {{ typed }} where row_state = 'removed';
update {{ typed }} set row_state = 'kept' where row_state = 'added';
update {{ typed }} set row_state = 'removed' where load_id in ({{ changed }});
update {{ typed }} set row_state = 'removed'
where (load_id, coalesce({{ id }}, '')) in (
    select load_id, coalesce({{ id }}, '') from {{ arrived }} where load_id not in ({{ changed }})
)
  {%- endif -%}
{% endmacro %}

{#- The ids of parents that staging has to know in this run, as column known_<id>: those of all rows, or in a continued run of
    the rows that it stages. parents: relation. id: column of both. rows: relation, from rows_to_stage. -#}
{% macro known_parents(parents, id, rows) -%}
select {{ id }} as known_{{ id }}
from {{ parents }}
{%- if is_incremental() %}
where {{ id }} in (select {{ id }} from {{ rows }})
{%- endif %}
{%- endmacro %}

{#- Columns load_id and row_state of a base_<table>__typed model. row_state: kept, added by this run, or removed by it; what is
    removed stays for one run, so that others see what changed. -#}
{% macro staged_row_columns() -%}
    cast(load_id as string) as load_id,
    {{ "'added'" if is_incremental() else "'kept'" }} as row_state
{%- endmacro %}

{#- Of the rows that the last run staged anew those of ids of which some row came, went or says something else, as they
    are and as they were, and with them the rows of these ids that stayed; as a SELECT statement. A load is staged as a whole,
    and most of its rows say what they said.
    typed: relation of a base_<table>__typed model. id: its id column. columns: all others that decide what is accepted. -#}
{% macro differing_rows(typed, id, columns) -%}
select staged.*
from {{ typed }} as staged
inner join (
    select {{ id }} as differing_id
    from {{ typed }}
    where row_state in ('added', 'removed')
    group by {{ id }}
    having
        count(case when row_state = 'added' then 1 end) <> count(case when row_state = 'removed' then 1 end)
        or sum(case when row_state = 'added' then {{ row_hash(columns) }} end) <> sum(case when row_state = 'removed' then {{ row_hash(columns) }} end)
) as differing
    on staged.{{ id }} = differing.differing_id
where staged.row_state <> 'kept' or staged.is_repeated
{%- endmacro %}
