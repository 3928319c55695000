{#- The contacts that exist on some recorded date, each as it was known and when: table contact_spans.

    The few with more than one version that may matter from the first recorded date on are found, and their versions
    dated, by the SQL of the models that do it for one date. -#}
{% macro backfill_contact_spans() %}
  {%- do backfill_create('suspects', backfill_model_sql('int_contact_versions__suspected')) -%}
  {%- do backfill_create('versions', backfill_model_sql('int_contact_versions__dated', {'int_contact_versions__suspected': 'suspects'})) -%}
  {%- do backfill_create('version_spans', backfill_version_spans()) -%}
  {%- do backfill_create('contact_spans', backfill_existing_spans()) -%}
{% endmacro %}

{#- The SQL of a model as of the first recorded date, made from nothing. model: name. tables: dict of models that it reads to the
    tables of the back-fill to be read in their place. -#}
{% macro backfill_model_sql(model, tables={}) %}
  {%- set rendered = namespace(sql=render(graph.nodes['model.customer_segmentation.' ~ model].raw_code.replace('is_incremental()', 'false'))) -%}
  {%- for name, table in tables.items() -%}
    {%- set rendered.sql = rendered.sql.replace(ref(name) | string, backfill_table(table)) -%}
  {%- endfor -%}
  {%- set first = run_query('select cast(min(as_of_date) as string) from ' ~ backfill_table('calendar')).rows[0][0] -%}
  {{- return(backfill_dated(rendered.sql, "cast('" ~ first ~ "' as date)")) -}}
{% endmacro %}

{#- Which version of a contact is in force when, as in int_contact_versions__chosen: held_place, and heard_place,
    which may only take consents away. -#}
{% macro backfill_version_spans() %}
    with moments as (
        select contact_id, cast({{ dbt.dateadd('day', -1, 'holds_from_date') }} as date) as day from {{ backfill_table('versions') }}
        union
        select contact_id, cast({{ dbt.dateadd('day', -2, 'holds_from_date') }} as date) as day from {{ backfill_table('versions') }}
        union
        select contact_id, cast({{ dbt.dateadd('day', -1, 'recorded_date') }} as date) as day from {{ backfill_table('versions') }}
        union
        select contact_id, cast('0001-01-01' as date) as day from {{ backfill_table('versions') }}
    ),

    turns as (
        select distinct
            moments.contact_id,
            {{ backfill_known_date('moments.day', 'known') }} as from_date
        from moments
        left join {{ backfill_table('known_days') }} as known on moments.day = known.day
    ),

    spans as (
        select
            contact_id,
            from_date,
            coalesce(lead(from_date) over (partition by contact_id order by from_date nulls last), {{ backfill_end() }}) as to_date
        from turns
        where from_date is not null
    ),

    places as (
        select
            spans.contact_id,
            spans.from_date,
            spans.to_date,
            coalesce(max(case when versions.holds_from_date <= spans.from_date then versions.version_place end), 1) as held_place,
            max(
                case
                    when versions.holds_from_date <= cast({{ dbt.dateadd('day', 1, 'spans.from_date') }} as date)
                        and (versions.recorded_date is null or versions.recorded_date <= spans.from_date or versions.version_number = 1)
                        then versions.version_place
                end
            ) as heard_place
        from spans
        inner join {{ backfill_table('versions') }} as versions on spans.contact_id = versions.contact_id
        group by spans.contact_id, spans.from_date, spans.to_date
    )

    select contact_id, from_date, to_date, held_place, greatest(held_place, coalesce(heard_place, 1)) as heard_place
    from places
{% endmacro %}

{#- The spans of all contacts, between creation and deletion. -#}
{% macro backfill_existing_spans() %}
    with contacts as (
        select * from {{ ref('stg_contacts') }}
    ),

    versions as (
        select
            contacts.contact_id,
            {{ contact_version_columns('contacts') }},
            contacts.created_date,
            cast('0001-01-01' as date) as version_from_date,
            {{ backfill_end() }} as version_to_date
        from contacts
        left join (select distinct contact_id from {{ backfill_table('versions') }}) as dated on contacts.contact_id = dated.contact_id
        where dated.contact_id is null

        union all

        select
            held.contact_id,
            {{ contact_version_columns('held', without=contact_consents() + ['created_at', 'updated_at', 'deleted_at', 'loaded_at', 'attributes']) }},
            {{ contact_consents_of('held', 'heard') }},
            held.attributes,
            contacts.created_at,
            held.updated_at,
            least(held.deleted_at, contacts.deleted_at) as deleted_at,
            held.loaded_at,
            contacts.created_date,
            spans.from_date as version_from_date,
            spans.to_date as version_to_date
        from {{ backfill_table('version_spans') }} as spans
        inner join {{ backfill_table('versions') }} as held on spans.contact_id = held.contact_id and spans.held_place = held.version_place
        inner join {{ backfill_table('versions') }} as heard on spans.contact_id = heard.contact_id and spans.heard_place = heard.version_place
        inner join contacts on spans.contact_id = contacts.contact_id
    ),

    spans as (
        select
            versions.*,
            greatest(versions.version_from_date, {{ backfill_known_date('versions.created_date', 'created') }}) as from_date,
            least(versions.version_to_date, coalesce({{ backfill_known_date(local_date('versions.deleted_at'), 'deleted') }}, {{ backfill_end() }})) as to_date,
            {{ backfill_known_date('versions.created_date', 'created') }} is not null as is_created
        from versions
        left join {{ backfill_table('known_days') }} as created on versions.created_date = created.day
        left join {{ backfill_table('known_days') }} as deleted on {{ local_date('versions.deleted_at') }} = deleted.day
    )

    select * from spans
    where is_created and from_date < to_date
{% endmacro %}
