{#- The raw rows that staging has to read in this run: in a continued run those of base_<table>s__arrived, else all.
    table: of source raw. -#}
{% macro rows_to_stage(table) %}
  {%- set every, arrived = source('raw', table), ref('base_' ~ table ~ '__arrived') -%}
  {{- return(arrived if is_incremental() else every) -}}
{% endmacro %}

{#- The select statement of a base_<table>__arrived model: in a continued run the raw rows of loads that changed, and
    of other loads those with an id that changed rows bear or bore, or whose parent came or went; else no row.
    An id is staged with all of its rows, so that what is repeated can be told from them alone.
    table: of source raw. id: its id column. parent: dict with id (column of the table), orphan_code (reason code of a row
    whose parent is unknown), known (SELECT of the parents' ids) and lost (the same, of those no longer known); none for none. -#}
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

staged as (
    select * from {{ staged }}
    where row_state <> 'removed'
),

{%- if parent %}
-- Rows that have a parent again, and rows that have lost theirs.
orphaned as (
    select
        staged.{{ id }},
        staged.load_id
    from staged
    inner join ({{ parent.known }}) as known on staged.{{ parent.id }} = known.parent_id
    where staged.reason_codes like '%{{ parent.orphan_code }}%'

    union all

    select
        staged.{{ id }},
        staged.load_id
    from staged
    inner join ({{ parent.lost }}) as lost on staged.{{ parent.id }} = lost.parent_id
),
{%- endif %}

touched as (
    select cast({{ id }} as string) as touched_id from {{ changed }}
    union
    select staged.{{ id }}
    from staged
    inner join changed_loads on staged.load_id = changed_loads.changed_load_id
    {%- if parent %}
    union
    select {{ id }} from orphaned
    {%- endif %}
),

elsewhere as (
    select distinct touched.touched_id
    from staged
    inner join touched on staged.{{ id }} = touched.touched_id
    left join changed_loads on staged.load_id = changed_loads.changed_load_id
    where changed_loads.changed_load_id is null
)

select *
from {{ changed }}

union all

select every_row.*
from {{ every }} as every_row
inner join elsewhere on every_row.{{ id }} = elsewhere.touched_id
left join changed_loads on every_row.load_id = changed_loads.changed_load_id
where changed_loads.changed_load_id is null
  {%- if parent %}

union all

select every_row.*
from {{ every }} as every_row
inner join (select distinct load_id as orphaned_load_id from orphaned where {{ id }} is null) as orphaned_loads
    on every_row.load_id = orphaned_loads.orphaned_load_id
left join changed_loads on every_row.load_id = changed_loads.changed_load_id
where every_row.{{ id }} is null and changed_loads.changed_load_id is null
  {%- endif %}
  {%- endif %}
{%- endmacro %}

{#- The pre-hook of a base_<table>__typed model: rows that the last run removed go, those that it added are like all others, and those
    that are staged anew are marked as removed. typed: relation. arrived: relation of base_<table>__arrived. table: of source raw. id: its id column. -#}
{% macro retire_rows(typed, arrived, table, id) %}
  {%- if is_incremental() -%}
delete from {{ typed }} where row_state = 'removed';
update {{ typed }} set row_state = 'kept' where row_state = 'added';
update {{ typed }} set row_state = 'removed'
where
    load_id in (select load_id from {{ loads_table('changed_loads') }} where table_name = '{{ table }}')
    or {{ id }} in (select {{ id }} from {{ arrived }} where {{ id }} is not null)
    or ({{ id }} is null and load_id in (select load_id from {{ arrived }} where {{ id }} is null))
  {%- endif -%}
{% endmacro %}

{#- Columns load_id and row_state of a base_<table>__typed model. row_state: kept, added by this run, or removed by it; what is
    removed stays for one run, so that others see what changed. -#}
{% macro staged_row_columns() -%}
    cast(load_id as string) as load_id,
    {{ "'added'" if is_incremental() else "'kept'" }} as row_state
{%- endmacro %}

{#- Of the rows that the last run staged anew those of ids of which some row came, went or says something else, as they
    are and as they were; as a SELECT statement. A load is staged as a whole, and most of its rows say what they said.
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
where staged.row_state in ('added', 'removed')
{%- endmacro %}
