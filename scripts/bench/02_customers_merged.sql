-- Which contacts are one customer, and what is known of each.
create temp table edges as
with identifiers as (
    select contact_id, email as identifier from contacts where is_existing and email is not null
    union all
    -- An e-mail holds an @, a phone never does: no two can be equal.
    select contact_id, phone from contacts where is_existing and phone is not null
),

candidates as (
    select contact_id, identifier
    from identifiers
    where hash(identifier) in (select hash(identifier) from identifiers group by all having count(*) > 1)
),

shared as (
    select identifier, min(contact_id) as first_contact_id
    from candidates
    group by identifier
    having count(*) between 2 and 5
),

links as (
    select contact_id, first_contact_id
    from candidates
    inner join shared using (identifier)
    where contact_id <> first_contact_id
)

select contact_id as node, first_contact_id as neighbour from links
union all
select first_contact_id, contact_id from links;

create temp table linked_contacts as
with recursive labels (node, component) using key (node) as (
    select node, least(node, min(neighbour)) from edges group by node
    union
    select edges.node, min(changed.component)
    from labels as changed
    inner join edges on changed.node = edges.neighbour
    inner join recurring.labels as present on edges.node = present.node
    where changed.component < present.component
    group by edges.node
)

select labels.node as contact_id, contacts.rowid as customer_number
from labels
inner join contacts on labels.component = contacts.contact_id;

-- The row number of a customer's own contact stands for customer_id in every join and group until
-- the end; NULL for a contact that is accepted and not there as of D.
create temp table contact_keys as
select
    contacts.contact_id,
    case when is_existing then cast(coalesce(customer_number, contacts.rowid) as int) end as customer_number
from contacts
left join linked_contacts using (contact_id);

create temp table customers_merged as
with ranked as (
    select
        contacts.*,
        cast(linked_contacts.customer_number as int) as customer_number,
        row_number() over (
            partition by linked_contacts.customer_number
            order by coalesce(updated_at, contacts.created_at) desc, contacts.contact_id
        ) as contact_rank
    from linked_contacts
    inner join contacts using (contact_id)
),

located as (
    select
        *,
        coalesce(
            min(contact_rank) filter (where country_code is not null) over (partition by customer_number),
            min(contact_rank) filter (where coalesce(region, city, postal_code) is not null) over (partition by customer_number),
            min(contact_rank) filter (where coalesce(latitude, longitude) is not null) over (partition by customer_number)
        ) as address_rank
    from ranked
)

select
    cast(contacts.rowid as int) as customer_number, contact_id as customer_id, 1 as contact_count, created_at, updated_at,
    email is not null as has_email, phone is not null as has_phone, birth_date, gender, language,
    country_code, region, city, postal_code, latitude, longitude, time_zone, acquisition_source, acquisition_campaign,
    preferred_channel, job_title, company_name, company_industry, company_employees, company_annual_revenue,
    plan, attributes, email_consent, sms_consent, push_consent, ads_consent, is_later
from contacts
anti join linked_contacts using (contact_id)
where is_existing
union all
select
    customer_number,
    min(contact_id),
    cast(count(*) as int),
    min(created_at),
    max(updated_at),
    bool_or(email is not null),
    bool_or(phone is not null),
    arg_min(birth_date, contact_rank) filter (where birth_date is not null),
    arg_min(gender, contact_rank) filter (where gender is not null),
    arg_min(language, contact_rank) filter (where language is not null),
    max(country_code) filter (where contact_rank = address_rank),
    max(region) filter (where contact_rank = address_rank),
    max(city) filter (where contact_rank = address_rank),
    max(postal_code) filter (where contact_rank = address_rank),
    max(latitude) filter (where contact_rank = address_rank),
    max(longitude) filter (where contact_rank = address_rank),
    arg_min(time_zone, contact_rank) filter (where time_zone is not null),
    arg_min(acquisition_source, contact_rank) filter (where acquisition_source is not null),
    arg_min(acquisition_campaign, contact_rank) filter (where acquisition_campaign is not null),
    arg_min(preferred_channel, contact_rank) filter (where preferred_channel is not null),
    arg_min(job_title, contact_rank) filter (where job_title is not null),
    arg_min(company_name, contact_rank) filter (where company_name is not null),
    arg_min(company_industry, contact_rank) filter (where company_industry is not null),
    arg_min(company_employees, contact_rank) filter (where company_employees is not null),
    arg_min(company_annual_revenue, contact_rank) filter (where company_annual_revenue is not null),
    arg_min(plan, contact_rank) filter (where plan is not null),
    arg_min(attributes, contact_rank) filter (where attributes is not null),
    bool_and(email_consent),
    bool_and(sms_consent),
    bool_and(push_consent),
    bool_and(ads_consent),
    bool_or(is_later)
from located
group by customer_number;
