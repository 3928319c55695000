{#- Comma-separated sorted codes of the reasons that hold for a row; NULL where none does.
    reasons: dict of reason code to SQL condition. Codes in var accept_with_null never reject.
    The conditions are or-ed first because almost no row has any. -#}
{% macro reason_codes(reasons) %}
  {%- set nullable = ['invalid_email', 'invalid_phone', 'invalid_json', 'out_of_range', 'unparsable_boolean'] -%}
  {%- for code in var('accept_with_null') if code not in nullable -%}
    {%- do exceptions.raise_compiler_error("accept_with_null: '" ~ code ~ "' can not be accepted; allowed: " ~ nullable | join(', ') ~ ".") -%}
  {%- endfor -%}
  {%- set kept = reasons.items() | rejectattr(0, 'in', var('accept_with_null')) | sort(attribute=0) | list -%}
        case
            when
            {%- for code, condition in kept %}
                {{ 'or ' if not loop.first }}({{ condition }})
            {%- endfor %}
                then concat_ws(
                    ','
            {%- for code, condition in kept %},
                    case when {{ condition }} then '{{ code }}' end
            {%- endfor %}
                )
        end
{%- endmacro %}

{#- A raw row as JSON text, every column of the contract as text.
    table: name of the raw table. without: columns left out. is_masked: whether a salted hash stands for each personal
    value, by its column (meta.personal in the input contract) or by its looks (macro masked_value). -#}
{% macro raw_row_json(table, without=[], is_masked=false) %}
  {%- set pairs = {} -%}
  {%- if execute -%}
    {%- for node in own_sources(['raw']) if node.name == table -%}
      {%- for column in node.columns.values() if column.name not in without -%}
        {%- set text = 'cast(' ~ column.name ~ ' as string)' -%}
        {%- do pairs.update({column.name: masked_value(table, column, text) if is_masked else text}) -%}
      {%- endfor -%}
    {%- endfor -%}
  {%- endif -%}
  {{- return(json_object(pairs) if pairs else 'cast(null as string)') -}}
{% endmacro %}

{#- A raw value as text, or its salted hash where it may say who somebody is, as SQL.

    Hashed are personal columns, and what looks like an e-mail or a phone in any other. A contact whose values do not fit
    their columns may have been delivered with its columns shifted: of it all texts are hashed, and of every contact what
    can not be read. Ids stand as they are. table: name of the raw table. column: its node. text: SQL of the value. -#}
{% macro masked_value(table, column, text) %}
  {%- set hash = 'md5(' ~ sql_string(pii_salt()) ~ ' || ' ~ text ~ ')' -%}
  {%- if column.config.meta.get('personal') -%}{{- return(hash) -}}{%- endif -%}
  {%- if column.name.endswith('_id') -%}{{- return(text) -}}{%- endif -%}
  {%- set conditions = [matches_pattern(text, '@')] -%}
  {%- if column.data_type == 'string' -%}
    {%- do conditions.append(matches_pattern("translate(" ~ text ~ ", ' -()./', '')", '^[+]?[0-9]{9,15}$')) -%}
    {%- if table == 'contacts' -%}{%- do conditions.append("coalesce(reason_codes like '%unparsable%' or reason_codes like '%invalid%', false)") -%}{%- endif -%}
  {%- elif table == 'contacts' -%}
    {%- do conditions.append('try_cast(' ~ text ~ ' as ' ~ column.data_type ~ ') is null') -%}
  {%- endif -%}
  {{- return('case when ' ~ conditions | join(' or ') ~ ' then ' ~ hash ~ ' else ' ~ text ~ ' end') -}}
{% endmacro %}

{#- The salt of these hashes: env PII_SALT, else var pii_salt, which everybody can read in vars.yml. -#}
{% macro pii_salt() %}
  {{- return(env_var('PII_SALT', '') or var('pii_salt')) -}}
{% endmacro %}

{#- Ids that occur more than once, as column repeated_id. source: relation. id: column. typed: relation of the
    base_<table>__typed model whose kept rows are not among those of source; none where all rows are. -#}
{% macro repeated_ids(source, id, typed=none) -%}
select cast({{ id }} as string) as repeated_id
from {{ source }}
where {{ id }} is not null
group by {{ id }}
having count(*) > 1
{%- if typed %}

union

select {{ id }} as repeated_id
from {{ typed }}
where is_repeated and row_state = 'kept'
{%- endif %}
{%- endmacro %}

{#- The typed rows of a table with verdict: why a row is not kept, NULL for those that are.

    Of the valid rows with one id the latest is kept: order_columns, then content, so that the order
    of arrival never decides. Only ids that occur twice are sorted; the rest streams through, and a filter on
    what is a plain column there reaches the table, which is why this is cheap enough for a view over the one
    table that a raw table is written to.
    typed: relation of a base_<table>__typed model. id: id column. order_columns: typed time columns,
    most telling first. has_states: whether rows of former runs are among them (row_state). -#}
{% macro ranked_versions(typed, id, order_columns, has_states=true) %}
    {%- set present = " and row_state is distinct from 'removed'" if has_states else '' %}
    {%- set latest_first = order_columns | join(' desc nulls last, ') ~ ' desc nulls last, row_content desc' %}
    select
        *,
        1 as version_rank,
        cast(null as string) as kept_content,
        reason_codes as verdict
    from {{ typed }}
    where not is_repeated{{ present }}

    union all

    select
        *,
        case
            when reason_codes is not null then reason_codes
            when version_rank > 1 and row_content = kept_content then 'exact_duplicate'
            when version_rank > 1 then 'superseded_duplicate'
        end as verdict
    from (
        select
            *,
            row_number() over (partition by {{ id }}, (reason_codes is null) order by {{ latest_first }}) as version_rank,
            first_value(row_content) over (partition by {{ id }}, (reason_codes is null) order by {{ latest_first }}) as kept_content
        from {{ typed }}
        where is_repeated{{ present }}
    ) as ranked
{%- endmacro %}

{#- Columns reason_codes and raw_row of a base model over ranked_versions. -#}
{% macro quarantine_columns() %}
    verdict as reason_codes,
    case when verdict is not null then raw_row end as raw_row
{%- endmacro %}

{#- Columns is_repeated, row_content and raw_row of a base_<table>__typed model; the JSON is built for
    the few rows that need it, with personal values hashed in raw_row. table: name of the raw table. -#}
{% macro row_evidence_columns(table) %}
    repeated_id is not null as is_repeated,
    case when repeated_id is not null then {{ raw_row_json(table, without=['loaded_at']) }} end as row_content,
    case
        when reason_codes is not null or repeated_id is not null
            then {{ raw_row_json(table, is_masked=not var('expose_pii')) }}
    end as raw_row
{%- endmacro %}
