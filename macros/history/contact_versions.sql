{#- The columns of a contact that a version of it may change, as a list of names. -#}
{% macro contact_attributes() %}
  {{- return([
      'email', 'phone', 'first_name', 'last_name', 'birth_date', 'gender', 'language', 'country_code', 'region', 'city',
      'postal_code', 'latitude', 'longitude', 'time_zone', 'acquisition_source', 'acquisition_campaign', 'preferred_channel',
      'job_title', 'company_name', 'company_industry', 'company_employees', 'company_annual_revenue', 'plan',
      'email_consent', 'sms_consent', 'push_consent', 'ads_consent', 'attributes',
  ]) -}}
{% endmacro %}

{#- What a version of a contact says, as a select list: its attributes and times. alias: of the relation. without:
    columns left out. -#}
{% macro contact_version_columns(alias, without=[]) %}
  {%- set columns = [] -%}
  {%- for column in contact_attributes() + ['created_at', 'updated_at', 'deleted_at', 'loaded_at'] if column not in without -%}
    {%- do columns.append(alias ~ '.' ~ column) -%}
  {%- endfor -%}
  {{- return(columns | join(',\n    ')) -}}
{% endmacro %}

{#- The columns of a contact that say what it agreed to, as a list of names. -#}
{% macro contact_consents() %}
  {{- return(['email_consent', 'sms_consent', 'push_consent', 'ads_consent']) -}}
{% endmacro %}

{#- The consents that two versions of a contact agree on, as a select list. one, other: aliases of relations. -#}
{% macro contact_consents_of(one, other) %}
  {%- set columns = [] -%}
  {%- for column in contact_consents() -%}{%- do columns.append(one ~ '.' ~ column ~ ' and ' ~ other ~ '.' ~ column ~ ' as ' ~ column) -%}{%- endfor -%}
  {{- return(columns | join(',\n    ')) -}}
{% endmacro %}

{#- MD5 of what a version of a contact says, whenever it was loaded. alias: of the relation; none where there is one only. -#}
{% macro contact_content_hash(alias=none) %}
  {%- set prefix = alias ~ '.' if alias else '' -%}
  {%- set columns = [] -%}
  {%- for column in contact_attributes() + ['created_at', 'updated_at', 'deleted_at'] -%}{%- do columns.append(prefix ~ column) -%}{%- endfor -%}
  {{- return(columns_hash(columns)) -}}
{% endmacro %}

{#- When a version of a contact came into force, as its source says (UTC). alias: of the relation; none where there is
    one only. -#}
{% macro contact_said_at(alias=none) %}
  {%- set prefix = alias ~ '.' if alias else '' -%}
  {{- return('coalesce(' ~ prefix ~ 'updated_at, ' ~ prefix ~ 'created_at)') -}}
{% endmacro %}

{#- The contacts whose present row is none of the recorded versions, as a select statement of contact_id. A row is a
    recorded one if it was loaded and changed at the same moments; one without loaded_at has to be compared.

    contacts, recorded: names of CTEs or relations. -#}
{% macro contacts_not_recorded(contacts, recorded) -%}
select contacts.contact_id
from {{ contacts }} as contacts
left join {{ recorded }} as seen
    on
        contacts.contact_id = seen.contact_id
        and contacts.loaded_at = seen.loaded_at
        and {{ contact_said_at('contacts') }} = {{ contact_said_at('seen') }}
where seen.contact_id is null
{%- endmacro %}

{#- The last recorded version of some contacts, as a select statement of contact_id, version_number and content_hash.
    recorded, contacts: names of CTEs or relations. -#}
{% macro contacts_last_recorded(recorded, contacts) -%}
select
        contact_id,
        max(version_number) as version_number,
        max_by(content_hash, version_number) as content_hash
    from {{ recorded }}
    where contact_id in (select {{ contacts }}.contact_id from {{ contacts }})
    group by contact_id
{%- endmacro %}

{#- The as-of date under which a version seen by this run is, or would be, recorded: its own, unless a recording up to
    which it was not seen is as late. A recording run takes the place of a former one of its date.
    last_recorded_date: SQL date, NULL where nothing is recorded. -#}
{% macro contact_recorded_date(last_recorded_date) %}
  {%- set is_passed = last_recorded_date ~ (' > ' if var('record_history') else ' >= ') ~ as_of_date() -%}
  {{- return('case when ' ~ is_passed ~ ' then ' ~ day_after(last_recorded_date) ~ ' else ' ~ as_of_date() ~ ' end') -}}
{% endmacro %}

{#- The day after a date. date: SQL date. -#}
{% macro day_after(date) %}
  {{- return('cast(' ~ dbt.dateadd('day', 1, date) ~ ' as date)') -}}
{% endmacro %}

{#- Whether a version of a contact is known at var known_at; its row has a column loaded_at. -#}
{% macro is_known_version() %}
  {%- set moment = known_at() -%}
  {{- return('true' if moment is none else '(loaded_at is null or loaded_at <= ' ~ moment ~ ')') -}}
{% endmacro %}

{#- Whether a version of a contact changed, or came, on the as-of date or later. alias: of the relation. -#}
{% macro is_late_version(alias) %}
  {{- return('(' ~ local_date(contact_said_at(alias)) ~ ' >= ' ~ as_of_date() ~ ' or ' ~ local_date(alias ~ '.loaded_at') ~ ' >= ' ~ as_of_date() ~ ')') -}}
{% endmacro %}
