-- Extra contacts: copies of a person's first id, or new ids that own no orders and no events.
with struck as (
    select * from struck_people('contacts')
),
copied as (
    select contact.*, struck.kind, struck.reason_code, struck.kind_number,
        struck.kind in ('exact_duplicate', 'conflicting_duplicate') as is_duplicate,
        4 * getvariable('customers') + struck.person as new_number
    from contacts_of('struck_contacts') as contact
    inner join struck on contact.person = struck.person
    where contact.alias = 0
)
select kind, reason_code, person,
    case when is_duplicate then contact_id when kind = 'missing_contact_id' then case when person % 2 = 0 then '' end
        else contact_code(new_number) end as contact_id,
    case when is_duplicate then email
        when kind = 'broken_email'
            then choose(person, 'broken e-mail', ['anna@', 'x@@y', 'jan.kowalski', '@example.com', 'a b@example.com'])
        else 'contact' || new_number || '@example.net' end as email,
    case when is_duplicate then phone
        when kind = 'broken_phone' then choose(person, 'broken phone', ['12', 'brak', '+48 ABC', '0'])
        else '+48' || local_phone(new_number) end as phone,
    first_name, last_name, birth_date, gender, language, country_code, region,
    case when kind = 'conflicting_duplicate' then city || ' (old)' else city end as city,
    postal_code,
    case when kind = 'impossible_latitude' then 152.2 else latitude end as latitude,
    longitude, time_zone, acquisition_source, acquisition_campaign, preferred_channel, job_title, company_name,
    company_industry, company_employees, company_annual_revenue, plan, email_consent, sms_consent, push_consent, ads_consent,
    case when kind = 'broken_attributes'
        then choose(person, 'broken JSON', ['{"interests":["shoes"', '{interests:}', '{"device":'])
            else attributes end as attributes,
    case kind when 'unparsable_created_at' then broken_time(person)
        when 'empty_created_at' then case when person % 2 = 0 then '' end
        when 'future_created_at'
            then cast(loaded_at + to_days(cast(1 + pick(person, 'future', 400) as integer)) as varchar)
        else created_at end as created_at,
    case when kind = 'conflicting_duplicate' then updated_at - interval 1 hour else updated_at end as updated_at,
    deleted_at,
    loaded_at + case kind when 'exact_duplicate' then interval 1 day
        when 'conflicting_duplicate' then interval (-1) hour else interval 0 hour end as loaded_at
from copied
