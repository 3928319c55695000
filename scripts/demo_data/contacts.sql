-- Contacts of a set of people: one row for each id under which a person is known.
create or replace temp macro contacts_of(people_source) as table
with ids as (
    select person.*, alias, alias_number(person, alias) as contact_number,
        created_seconds + alias * alias_gap_seconds as alias_created_seconds,
        person // 150 as company, pick(person, 'gender', 100) as gender_draw,
        case when person // 150 = 1 then 0.3 else draw(person // 150, 'shared identifier') end as shared_draw,
        -- an office phone stands only where the whole block of twelve exists: it must be too common to link anyone
        (person // 150 + 1) * 150 <= getvariable('customers') and person >= 150 as is_whole_company
    from (select *, cast(unnest(range(aliases + 1)) as bigint) as alias from query_table(people_source)) as person
),
named as (
    select ids.*, place.* exclude (place_slot, place_number, country_code, currency, units_per_pln),
        case when ids.country_code in ('PL', 'UA') then case when gender_draw < 55
            then choose(person, 'first name', ['Anna', 'Katarzyna', 'Małgorzata', 'Agnieszka', 'Barbara', 'Ewa',
                'Zofia', 'Julia', 'Maja', 'Hanna', 'Magdalena', 'Joanna'])
            else choose(person, 'first name', ['Piotr', 'Krzysztof', 'Andrzej', 'Tomasz', 'Paweł', 'Jan',
                'Michał', 'Marcin', 'Jakub', 'Łukasz', 'Adam', 'Kacper']) end
            when gender_draw < 55
            then choose(person, 'first name', ['Emma', 'Olivia', 'Marie', 'Sophie', 'Lena', 'Tereza', 'Eva',
                'Grace', 'Clara', 'Jana'])
            else choose(person, 'first name', ['Oliver', 'Lukas', 'Jan', 'Noah', 'Max', 'Petr', 'George', 'Louis',
                'Felix', 'Martin']) end as first_name,
        case when ids.country_code in ('PL', 'UA')
            then choose(person, 'last name', ['Nowak', 'Wójcik', 'Kowalczyk', 'Woźniak', 'Mazur', 'Krawczyk',
                'Kaczmarek', 'Zając', 'Król', 'Wieczorek', 'Dudek', 'Stępień', 'Pawlak', 'Sikora', 'Walczak',
                    'Baran'])
            else choose(person, 'last name', ['Müller', 'Schmidt', 'Weber', 'Novák', 'Svoboda', 'Smith', 'Jones',
                'Taylor', 'Brown', 'Martin', 'Bernard', 'de Vries', 'Jansen', 'Horváth', 'Fischer',
                    'Clarke']) end as last_name
    from ids
    inner join (select * from place_slots where place_slot in (select min(place_slot)
        from place_slots group by place_number)) as place
        on ids.place_number = place.place_number
),
addressed as (
    select *,
        replace(replace(replace(lower(strip_accents(first_name || '.'
            || last_name)), 'ł', 'l'), ' ', ''), '''', '') as mailbox,
        -- in a chain, id 1 repeats the e-mail of id 0, id 2 the phone of id 1, id 3 the e-mail of id 2
        case when alias = 1 then person when alias = 3
            then alias_number(person, 2) else contact_number end as email_number,
        case when alias = 2 then alias_number(person, 1) else contact_number end as phone_number
    from named
)
select person, alias,
    contact_code(contact_number) as contact_id,
    case when is_business and is_whole_company and shared_draw < 0.25 then 'info@company' || company || '.example.com'
        when is_business then mailbox || email_number || '@company' || company || '.example.com'
        when not has_email then null
        when alias = 1 then upper(mailbox || email_number) || '@Example.'
            || choose(email_number, 'domain', ['com', 'org', 'net'])
        else mailbox || email_number || '@example.'
            || choose(email_number, 'domain', ['com', 'org', 'net']) end as email,
    case when is_business and is_whole_company and shared_draw between 0.25 and 0.6
        then '+4822' || right(cast(10000000 + company as varchar), 7)
        when aliases = 0 and draw(person, 'no phone') < 0.25 then null
        when alias = 2 or draw(contact_number, 'phone format') < 0.1
            then dialling_code || ' ' || local_phone(phone_number)
        else dialling_code || local_phone(phone_number) end as phone,
    first_name, last_name,
    case when draw(person, 'no birthday') < 0.2 then null else date_add(getvariable('start_date'), -cast(
        6600 + 16000 * (0.6 * draw(person, 'age') + 0.4 * draw(person, 'older')) as integer)) end as birth_date,
    case when gender_draw >= 98 then 'other' when draw(person, 'no gender') < 0.1 then null
        when gender_draw < 55 then 'female' else 'male' end as gender,
    case when draw(person, 'language') < 0.9
        then home_language else choose(person, 'other language', ['en', 'uk', 'de']) end as language,
    country_code, region, city, postal_code,
    cast(round(latitude + 0.05 * normal_draw(person, 'latitude'), 5) as double) as latitude,
    cast(round(longitude + 0.05 * normal_draw(person, 'longitude'), 5) as double) as longitude,
    time_zone,
    choose(person, 'source', ['organic_search', 'organic_search', 'paid_search', 'paid_search', 'social',
        'referral', 'affiliate', 'direct', 'offline', 'email']) as acquisition_source,
    case when draw(person, 'campaign') < 0.4
        then 'acq_' || year(moment(created_seconds)) || '_q' || quarter(moment(created_seconds))
        || choose(person, 'campaign kind', ['_brand', '_bags', '_courses',
            '_black_friday']) end as acquisition_campaign,
    choose(person, 'channel', ['email', 'email', 'email', 'sms', 'push', 'ads']) as preferred_channel,
    case when is_business
        then choose(person, 'job', ['Buyer', 'Office Manager', 'Owner', 'HR Manager', 'CTO', 'Marketing Director',
            'Accountant']) end as job_title,
    case when is_business
        then choose(company, 'firm', ['Alfa', 'Beta', 'Delta', 'Omega', 'Sigma']) || ' Company '
            || company end as company_name,
    case when is_business
        then choose(company, 'industry', ['retail', 'software', 'manufacturing', 'education', 'healthcare',
            'logistics', 'finance']) end as company_industry,
    case when is_business
        then cast(10 + floor(exp(4 + 1.3 * normal_draw(company, 'employees'))) as integer) end as company_employees,
    case when is_business
        then money(round(1e7 * (10 + exp(4 + 1.3 * normal_draw(company, 'employees'))) * (0.5 + draw(company,
            'revenue')))) end as company_annual_revenue,
    case when is_business or draw(person, 'plan') < 0.3 then case when draw(person, 'premium') < 0.3
        then 'Premium' else 'Basic' end end as plan,
    was_email_consent and not is_unsubscribed as email_consent,
    draw(person, 'sms consent') < 0.45 as sms_consent,
    draw(person, 'push consent') < 0.3 as push_consent,
    draw(person, 'ads consent') < 0.5 as ads_consent,
    '{"interests":["' || leisure_interest(person) || '","' || active_interest(person)
        || '"],"values":["' || guiding_value(person) || '"],"device":"'
        || choose(person, 'device', ['mobile', 'mobile', 'desktop', 'tablet']) || '","os":"'
        || choose(person, 'os', ['android', 'android', 'ios', 'windows', 'macos']) || '","browser":"'
        || choose(person, 'browser', ['chrome', 'chrome', 'safari', 'firefox', 'edge']) || '","loyalty_points":'
            || pick(person, 'points', 2000)
        || ',"next_review_date":"'
            || date_add(getvariable('start_date'), cast(getvariable('days') - 60 + pick(person,
                'review', 180) as integer)) || '"}' as attributes,
    moment_text(alias_created_seconds) as created_at,
    moment(updated_seconds) as updated_at,
    moment(deleted_seconds) as deleted_at,
    moment((updated_seconds // 86400 + 1) * 86400 + 7200) as loaded_at
from (select *, coalesce(deleted_seconds, alias_created_seconds + cast(floor(draw(contact_number, 'updated')
    * (getvariable('days') * 86400 - 1 - alias_created_seconds)) as bigint)) as updated_seconds from addressed);
