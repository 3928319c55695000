with present as (
    select * from {{ ref('int_identities__resolved') }}
),

former as (
    select * from {{ ref('stg_former_identities') }}
),

clock as (
    select * from {{ ref('stg_build_state') }}
)

select
    present.customer_id,
    former.customer_id as former_customer_id,
    coalesce(present.contact_id, former.contact_id) as contact_id,
    present.contact_id is null or former.contact_id is null as is_known_anew
from present
full outer join former
    on present.contact_id = former.contact_id
cross join clock
where
    clock.former_as_of_date is not null
    and (
        present.contact_id is null
        or former.contact_id is null
        or present.customer_id <> former.customer_id
    )
