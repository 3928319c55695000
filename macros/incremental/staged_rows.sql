{#- The raw rows that staging has to read in this run: in a continued run those of base_<table>s__arrived, else all.
    table: of source raw. -#}
{% macro rows_to_stage(table) %}
  {%- set every, arrived = source('raw', table), ref('base_' ~ table ~ '__arrived') -%}
  {{- return(arrived if is_incremental() else every) -}}
{% endmacro %}

{#- The pre-hook of a base_<table>__typed model: rows that the last run removed go, those that it added are like all others, and those
    that are staged anew are marked as removed. typed: relation. turned: relation of base_<table>__turned. id: its id column. -#}
{% macro retire_rows(typed, turned, id) %}
  {%- if is_incremental() -%}
delete from {{ typed }} where row_state = 'removed';
update {{ typed }} set row_state = 'kept' where row_state = 'added';
update {{ typed }} set row_state = 'removed'
where
    load_id in (select load_id from {{ turned }})
    and (load_id, coalesce({{ id }}, '')) in (select load_id, coalesce({{ id }}, '') from {{ turned }})
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

{#- Columns load_id, row_hash and row_state of a base_<table>__typed model. row_state: kept, added by this run, or removed by it;
    what is removed stays for one run, so that others see what changed. row_hash: of what loaders may well deliver again, rows of the
    last weeks, because to hash all of them would cost more than it spares. table: name of the raw table. -#}
{% macro staged_row_columns(table) -%}
    cast(load_id as string) as load_id,
    {%- if is_incremental() %}
    {{ raw_row_hash(table) }} as row_hash,
    'added' as row_state
    {%- else %}
    case when typed_loaded_at >= {{ dbt.dateadd('day', -40, as_of_date()) }} then {{ raw_row_hash(table) }} end as row_hash,
    'kept' as row_state
    {%- endif %}
{%- endmacro %}

{#- Hash of a raw row, every column of the contract. table: name of the raw table. -#}
{% macro raw_row_hash(table) %}
  {%- set columns = [] -%}
  {%- if execute -%}
    {%- for node in own_sources(['raw']) if node.name == table -%}{%- do columns.extend(node.columns.keys()) -%}{%- endfor -%}
  {%- endif -%}
  {{- return('cast(' ~ (row_hash(columns) if columns else 'null') ~ ' as decimal(38, 0))') -}}
{% endmacro %}

{#- Of the rows that the last run staged anew those of ids of which some row came, went or says something else, as they
    are and as they were, and with them the rows of these ids that stayed; as a SELECT statement. Some are staged as they were:
    rows that are repeated now, or whose hash was not kept.
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
