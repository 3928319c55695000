{{ config(materialized='view') }}

{#- A view: only an export asks for it. What is known counts at once here, be it of D or later. -#}
{%- set channels = {
    'email': ['email', 'email is not null'],
    'sms': ['phone', "phone like '+%'"],
    'push': ['cast(null as string)', 'true'],
    'ads': ['coalesce(email, phone)', "email is not null or phone like '+%'"],
} %}
with customers as (
    select * from {{ ref('int_customers__enriched') }}
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
),

barred as (
    select * from {{ ref('int_customers__barred') }}
),

deleted as (
    select identities.customer_id
    from identities
    inner join {{ ref('stg_contacts') }} as contacts on identities.contact_id = contacts.contact_id
    group by identities.customer_id
    having bool_and(contacts.deleted_at is not null)
),

-- The last word by channel; of two at the same time the no counts.
answers as (
    select
        identities.customer_id,
        coalesce(events.channel, 'email') as channel,
        max(case when events.event_type = 'unsubscribed' then events.occurred_at end) as unsubscribed_at,
        max(case when events.event_type = 'subscribed' then events.occurred_at end) as subscribed_at
    from {{ ref('stg_events') }} as events
    inner join identities on events.contact_id = identities.contact_id
    where events.event_type in ('unsubscribed', 'subscribed')
    group by identities.customer_id, coalesce(events.channel, 'email')
),

channels as (
    {%- for channel, (address, condition) in channels.items() %}
    select
        customer_id,
        '{{ channel }}' as channel,
        {{ address }} as address,
        {{ condition }} as is_addressable,
        {{ channel }}_consent as has_consent
    from customers
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

judged as (
    select
        channels.customer_id,
        channels.channel,
        channels.address,
        channels.is_addressable,
        channels.has_consent,
        deleted.customer_id is not null as is_deleted,
        barred.customer_id is not null as is_barred,
        coalesce(answers.unsubscribed_at >= coalesce(answers.subscribed_at, answers.unsubscribed_at), false) as is_unsubscribed
    from channels
    left join deleted on channels.customer_id = deleted.customer_id
    left join barred on channels.customer_id = barred.customer_id
    left join answers on channels.customer_id = answers.customer_id and channels.channel = answers.channel
),

-- An address that two customers give is one mailbox: who says no there says it for both.
refused as (
    select distinct
        channel,
        address
    from judged
    where address is not null and (not has_consent or is_barred or is_unsubscribed)
)

select
    judged.customer_id,
    judged.channel,
    judged.address,
    case
        when judged.is_deleted then 'deleted'
        when judged.is_barred then 'do_not_contact'
        when not coalesce(judged.has_consent, false) then 'no_consent'
        when judged.is_unsubscribed then 'unsubscribed'
        when not coalesce(judged.is_addressable, false) then 'no_address'
        when refused.address is not null then 'refused_by_another'
    end as refusal
from judged
left join refused on judged.channel = refused.channel and judged.address = refused.address
