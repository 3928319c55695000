with moved as (
    select * from {{ ref('int_segment_days__moved') }}
),

ledger as (
    select
        condition_id,
        contact_id,
        occurred_date
    from {{ ref('int_segment_ledger__filled') }}
),

identities as (
    select * from {{ ref('int_identities__resolved') }}
),

clock as (
    select * from {{ ref('stg_build_state') }}
    where former_as_of_date is not null
),

taken_in as (
    {{ ledger_on_moved_days('ledger') | indent(4) }}
),

-- By changed facts; by days that windows have let go, while the ledger still held them; by days that they have taken in.
contacts as (
    select contact_id from {{ ref('int_segment_contact_days__touched') }}

    union

    select contact_id from {{ ref('int_segment_contacts__let_go') }}

    union

    select contact_id from taken_in
)

select customer_id from {{ ref('int_customers__touched') }}

union

select identities.customer_id
from identities
inner join contacts on identities.contact_id = contacts.contact_id
cross join clock
