{#- The select statement of a base_<table>__turned model: in a continued run the ids, each with its load, of which all rows of
    the load are staged anew or go. Those are ids of which a changed load holds other rows than were staged of it; ids that were
    borne once and are borne again, because what is repeated is staged with more columns; and ids of rows whose parent came or went.
    Rows are told from staged ones by row_hash; where it was not kept, the row counts as another.
    table: of source raw. id: its id column. parent: dict with id (column of the table and of its parents), orphan_code (reason
    code of a row whose parent is unknown), typed (relation of the parents' staged rows) and accepted (relation of the parents
    that are known now); none for none. -#}
{% macro turned_rows(table, id, parent=none) %}
  {%- set every, changed, staged = source('raw', table), source('loads', table ~ '_changed'), table_of_last_run('staged', 'base_' ~ table ~ '__typed') -%}
  {%- set loads = source('loads', 'changed_loads') -%}
  {%- if not is_continued('base_' ~ table ~ '__typed') %}
select
    load_id,
    {{ id }}
from {{ every }}
where 1 = 0
  {%- else %}
with changed_loads as (
    select load_id as changed_load_id
    from {{ loads }}
    where table_name = '{{ table }}'
),

{{- turned_parents(parent) if parent }}

{{- compared_rows(changed, staged, table, id) }}

coming as (
    select distinct {{ id }} as coming_id
    from differing
    where found_rows > 0
),

-- Of an id that a changed load bears all rows are there, or else all are repeated already.
coming_elsewhere as (
    select coming.coming_id
    from coming
    left join borne on coming.coming_id = borne.{{ id }}
    where borne.{{ id }} is null
)

select
    load_id,
    {{ id }}
from differing

union

select
    borne.load_id,
    borne.{{ id }}
from borne
inner join coming on borne.{{ id }} = coming.coming_id
where not borne.is_repeated

union

select
    staged.load_id,
    staged.{{ id }}
from {{ staged }} as staged
inner join coming_elsewhere on staged.{{ id }} = coming_elsewhere.coming_id
where staged.row_state <> 'removed' and not staged.is_repeated
    {%- if parent %}

union

select
    staged.load_id,
    staged.{{ id }}
from {{ staged }} as staged
inner join known_parents on staged.{{ parent.id }} = known_parents.known_id
where staged.row_state <> 'removed' and staged.reason_codes like '%{{ parent.orphan_code }}%'

union

select
    staged.load_id,
    staged.{{ id }}
from {{ staged }} as staged
inner join lost_parents on staged.{{ parent.id }} = lost_parents.lost_id
where staged.row_state <> 'removed'
    {%- endif %}
  {%- endif %}
{%- endmacro %}

{#- The CTEs borne, rows that were staged of changed loads, and differing of such a statement, and what it reads: ids of these loads
    with other rows now than were staged, and how many there are now. changed, staged, table, id: as there. -#}
{% macro compared_rows(changed, staged, table, id) %}

borne as (
    select
        staged.load_id,
        staged.{{ id }},
        staged.row_hash,
        staged.is_repeated
    from {{ staged }} as staged
    inner join changed_loads on staged.load_id = changed_loads.changed_load_id
    where staged.row_state <> 'removed'
),

compared as (
    select
        cast(load_id as string) as load_id,
        cast({{ id }} as string) as {{ id }},
        1 as found_rows,
        0 as staged_rows,
        {{ raw_row_hash(table) }} as row_hash
    from {{ changed }}

    union all

    select
        load_id,
        {{ id }},
        0 as found_rows,
        1 as staged_rows,
        -row_hash as row_hash
    from borne
),

differing as (
    select
        load_id,
        {{ id }},
        sum(found_rows) as found_rows
    from compared
    group by
        load_id,
        {{ id }}
    having sum(found_rows) <> sum(staged_rows) or sum(row_hash) <> 0 or count(row_hash) < count(*)
),
{%- endmacro %}

{#- The select statement of a base_<table>__arrived model: the raw rows that a continued run has to stage, those of
    base_<table>__turned; else no row. Loads that did not change are opened only where they hold such a row.
    table: of source raw. id: its id column. -#}
{% macro arrived_rows(table, id) %}
  {%- set every, changed, turned = source('raw', table), source('loads', table ~ '_changed'), ref('base_' ~ table ~ '__turned') -%}
  {%- set loads = source('loads', 'changed_loads') -%}
  {%- if not is_continued('base_' ~ table ~ '__typed') %}
select *
from {{ every }}
where 1 = 0
  {%- else %}
with turned_elsewhere as (
    select
        turned.load_id as turned_load_id,
        turned.{{ id }} as turned_id
    from {{ turned }} as turned
    left join {{ loads }} as loads
        on turned.load_id = loads.load_id and loads.table_name = '{{ table }}'
    where loads.load_id is null
)

select changed.*
from {{ changed }} as changed
inner join {{ turned }} as turned
    on changed.load_id = turned.load_id and changed.{{ id }} is not distinct from turned.{{ id }}

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
