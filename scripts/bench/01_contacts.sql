-- Contacts: typed, judged and de-duplicated; who is one customer; what is known of each customer.
create temp macro cleaned(raw) as nullif(trim(raw), '');
-- The same for values that seldom repeat: plain text that neither starts nor ends with a space is
-- recognised four times faster than it is trimmed.
create temp macro cleaned_fast(raw) as
    case when raw >= '!' and strlen(raw) = length(raw) and not ends_with(raw, ' ') then raw else nullif(trim(raw), '') end;
create temp macro utc_text(raw) as
    case
        when raw not like '____-__-_____:__:__' and regexp_matches(raw, ':[0-9.]+ ?[+-][0-9]{2}(:?[0-9]{2})?$')
            then coalesce(cast(timezone('UTC', try_cast(raw as timestamptz)) as varchar), raw)
        else raw
    end;
create temp macro is_sane(moment) as
    moment >= timestamp '1900-01-01 00:00:00' and moment < timestamp '2200-01-01 00:00:00';
create temp macro is_after_load(moment, loaded) as
    moment > loaded + interval 60 minute and is_sane(moment) and is_sane(loaded);
create temp macro masked(raw) as md5('customer-segmentation' || raw);
-- Texts of a contact: masked where they look personal, and all of them where its columns may have shifted.
create temp macro masked_text(raw, reason_codes) as case
    when raw like '%@%' or regexp_matches(translate(raw, ' -()./', ''), '^[+]?[0-9]{9,15}$')
        or coalesce(reason_codes like '%unparsable%' or reason_codes like '%invalid%', false)
        then masked(raw)
    else raw
end;
create temp macro masked_unless(is_readable, raw) as case when is_readable and raw not like '%@%' then raw else masked(raw) end;

create table rejected_rows (
    source varchar, row_id varchar, reason_codes varchar, raw_row varchar, loaded_at timestamp
);

create temp table contact_rows as
with raw as (
    select
        * replace (utc_text(created_at) as created_at),
        lower(email) as lower_email,
        translate(phone, ' -()./', '') as bare_phone
    from (
        select cleaned(columns(c -> c not in (
            'birth_date', 'latitude', 'longitude', 'company_employees', 'company_annual_revenue', 'email_consent',
            'sms_consent', 'push_consent', 'ads_consent', 'updated_at', 'deleted_at', 'loaded_at'
        ))), birth_date, latitude, longitude, company_employees, company_annual_revenue, email_consent,
            sms_consent, push_consent, ads_consent, updated_at, deleted_at, loaded_at
        from read_parquet(getvariable('raw_dir') || '/contacts.parquet')
    )
),

typed as (
    select
        *,
        contact_id in (select contact_id from raw group by contact_id having count(*) > 1) as is_repeated,
        try_cast(created_at as timestamp) as typed_created_at,
        case when starts_with(bare_phone, '00') then '+' || substr(bare_phone, 3) else bare_phone end as plus_phone,
        regexp_matches(lower_email, '^[^@ ,;]+@[^@ ,;.]+([.][^@ ,;.]+)+$') as is_email,
        try_cast(company_annual_revenue as decimal(18, 4)) as typed_revenue
    from raw
),

judged as (
    select
        *,
        regexp_matches(plus_phone, '^[+]?[0-9]{7,15}$') as is_phone,
        nullif(concat_ws(',',
            case when is_after_load(typed_created_at, loaded_at) or is_after_load(updated_at, loaded_at) then 'future_time' end,
            case when not is_email then 'invalid_email' end,
            case when not json_valid(attributes) then 'invalid_json' end,
            case when not is_phone then 'invalid_phone' end,
            case when contact_id is null then 'missing_id' end,
            case when created_at is null then 'missing_value' end,
            case when latitude not between -90 and 90 or longitude not between -180 and 180 then 'out_of_range' end,
            case when company_annual_revenue is not null and typed_revenue is null then 'unparsable_number' end,
            case when created_at is not null and not coalesce(is_sane(typed_created_at), false)
                or not is_sane(updated_at) or not is_sane(deleted_at) or not is_sane(loaded_at) then 'unparsable_time' end
        ), '') as reason_codes
    from typed
)

select
    * exclude (bare_phone, is_phone, is_email),
    case when is_repeated then cast(json_object(
        'contact_id', contact_id, 'email', email, 'phone', phone, 'first_name', first_name, 'last_name', last_name,
        'birth_date', cast(birth_date as varchar), 'gender', gender, 'language', language,
        'country_code', country_code, 'region', region, 'city', city, 'postal_code', postal_code,
        'latitude', cast(latitude as varchar), 'longitude', cast(longitude as varchar), 'time_zone', time_zone,
        'acquisition_source', acquisition_source, 'acquisition_campaign', acquisition_campaign,
        'preferred_channel', preferred_channel, 'job_title', job_title, 'company_name', company_name,
        'company_industry', company_industry, 'company_employees', cast(company_employees as varchar),
        'company_annual_revenue', cast(company_annual_revenue as varchar), 'plan', plan,
        'email_consent', cast(email_consent as varchar), 'sms_consent', cast(sms_consent as varchar),
        'push_consent', cast(push_consent as varchar), 'ads_consent', cast(ads_consent as varchar),
        'attributes', attributes, 'created_at', created_at, 'updated_at', cast(updated_at as varchar),
        'deleted_at', cast(deleted_at as varchar)
    ) as varchar) end as row_content,
    case when is_repeated or reason_codes is not null then cast(json_object(
        'contact_id', contact_id, 'email', masked(email), 'phone', masked(phone),
        'first_name', masked(first_name), 'last_name', masked(last_name),
        'birth_date', masked(cast(birth_date as varchar)), 'gender', masked_text(gender, reason_codes), 'language', masked_text(language, reason_codes),
        'country_code', masked_text(country_code, reason_codes), 'region', masked_text(region, reason_codes), 'city', masked_text(city, reason_codes), 'postal_code', masked_text(postal_code, reason_codes),
        'latitude', masked(cast(latitude as varchar)), 'longitude', masked(cast(longitude as varchar)), 'time_zone', masked_text(time_zone, reason_codes),
        'acquisition_source', masked_text(acquisition_source, reason_codes), 'acquisition_campaign', masked_text(acquisition_campaign, reason_codes),
        'preferred_channel', masked_text(preferred_channel, reason_codes), 'job_title', masked_text(job_title, reason_codes), 'company_name', masked_text(company_name, reason_codes),
        'company_industry', masked_text(company_industry, reason_codes), 'company_employees', masked_unless(try_cast(company_employees as bigint) is not null, cast(company_employees as varchar)),
        'company_annual_revenue', masked_unless(try_cast(company_annual_revenue as decimal(18, 4)) is not null, cast(company_annual_revenue as varchar)), 'plan', masked_text(plan, reason_codes),
        'email_consent', masked_unless(try_cast(email_consent as boolean) is not null, cast(email_consent as varchar)), 'sms_consent', masked_unless(try_cast(sms_consent as boolean) is not null, cast(sms_consent as varchar)),
        'push_consent', masked_unless(try_cast(push_consent as boolean) is not null, cast(push_consent as varchar)), 'ads_consent', masked_unless(try_cast(ads_consent as boolean) is not null, cast(ads_consent as varchar)),
        'attributes', masked(attributes), 'created_at', masked_unless(try_cast(created_at as timestamp) is not null, created_at), 'updated_at', masked_unless(try_cast(updated_at as timestamp) is not null, cast(updated_at as varchar)),
        'deleted_at', masked_unless(try_cast(deleted_at as timestamp) is not null, cast(deleted_at as varchar)), 'loaded_at', masked_unless(try_cast(loaded_at as timestamp) is not null, cast(loaded_at as varchar))
    ) as varchar) end as raw_row
from judged;

create temp table contact_losers as
select row_number, case when row_content = kept_content then 'exact_duplicate' else 'superseded_duplicate' end as reason_codes
from (
    select
        rowid as row_number,
        row_content,
        first_value(row_content) over latest_first as kept_content,
        row_number() over latest_first as version_rank
    from contact_rows
    where is_repeated and reason_codes is null
    window latest_first as (
        partition by contact_id order by updated_at desc nulls last, loaded_at desc nulls last, row_content desc
    )
)
where version_rank > 1;

insert into rejected_rows
select
    'contacts', contact_id, coalesce(contact_rows.reason_codes, contact_losers.reason_codes), raw_row,
    case when is_sane(loaded_at) then loaded_at end
from contact_rows
left join contact_losers on contact_rows.rowid = contact_losers.row_number
where contact_rows.reason_codes is not null or contact_losers.row_number is not null;

-- A contact updated as of D or later is taken as it was before D, or else at first.
create temp table contact_swaps as
with versions as (
    select contact_rows.rowid as row_number, contact_id, coalesce(updated_at, typed_created_at) as said_at, contact_losers.row_number is null as is_kept
    from contact_rows
    left join contact_losers on contact_rows.rowid = contact_losers.row_number
    where is_repeated and contact_rows.reason_codes is null
)

select
    arg_max(row_number, is_kept) as kept_row,
    coalesce(arg_max(row_number, said_at) filter (where said_at < date '2026-11-21'), arg_min(row_number, said_at)) as held_row
from versions
group by contact_id
having max(said_at) filter (where is_kept) >= date '2026-11-21';

-- Accepted contacts. A consent withdrawn on D itself counts, and a deletion whenever it was told.
create temp table contacts as
select
    contact_id, lower_email as email, plus_phone as phone, gender, lower(language) as language,
    upper(country_code) as country_code, region, city, postal_code, latitude, longitude, time_zone, birth_date,
    acquisition_source, acquisition_campaign, preferred_channel, job_title, company_name, company_industry,
    cast(company_employees as bigint) as company_employees, typed_revenue as company_annual_revenue, plan,
    email_consent, sms_consent, push_consent, ads_consent, attributes, typed_created_at as created_at, updated_at,
    cast(typed_created_at as date) < date '2026-11-21'
    and coalesce(cast(deleted_at as date) >= date '2026-11-21', true) as is_existing,
    coalesce(updated_at, typed_created_at) >= date '2026-11-21' as is_later
from contact_rows
where
    reason_codes is null and rowid not in (select row_number from contact_losers)
    and rowid not in (select kept_row from contact_swaps)
union all
select
    held.contact_id, held.lower_email, held.plus_phone, held.gender, lower(held.language),
    upper(held.country_code), held.region, held.city, held.postal_code, held.latitude, held.longitude, held.time_zone, held.birth_date,
    held.acquisition_source, held.acquisition_campaign, held.preferred_channel, held.job_title, held.company_name, held.company_industry,
    cast(held.company_employees as bigint), held.typed_revenue, held.plan,
    held.email_consent and (kept.said_late or kept.email_consent), held.sms_consent and (kept.said_late or kept.sms_consent),
    held.push_consent and (kept.said_late or kept.push_consent), held.ads_consent and (kept.said_late or kept.ads_consent),
    held.attributes, kept.typed_created_at, held.updated_at,
    cast(kept.typed_created_at as date) < date '2026-11-21'
    and coalesce(cast(least(held.deleted_at, kept.deleted_at) as date) >= date '2026-11-21', true),
    coalesce(held.updated_at, held.typed_created_at) >= date '2026-11-21'
from contact_swaps
inner join contact_rows as held on contact_swaps.held_row = held.rowid
inner join (
    select rowid as kept_row, *, coalesce(updated_at, typed_created_at) >= date '2026-11-22' as said_late from contact_rows
) as kept on contact_swaps.kept_row = kept.kept_row;

drop table contact_rows;
