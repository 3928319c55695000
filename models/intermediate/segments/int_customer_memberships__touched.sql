with present as (
    select * from {{ ref('int_customer_memberships__fingerprinted') }}
),

former as (
    select * from {{ ref('stg_former_memberships') }}
),

clock as (
    select * from {{ ref('stg_build_state') }}
),

stays as (
    select * from {{ ref('stg_segment_stays') }}
),

last_days as (
    select
        segment,
        max(recorded_date) as last_recorded_date
    from {{ ref('stg_segment_days') }}
    group by segment
),

-- Segments whose record does not end with what the former run wrote.
recorded_apart as (
    select count(*) as segments
    from {{ ref('int_segments__written') }} as written
    cross join clock
    left join last_days on written.segment = last_days.segment
    where coalesce(last_days.last_recorded_date <> clock.former_as_of_date, true)
),

catalogues as (
    select
        (select max(present.catalogue_hash) from present) as present_hash,
        (select max(former.catalogue_hash) from former) as former_hash
),

ground as (
    select
        clock.former_as_of_date,
        coalesce(
            clock.former_as_of_date is not null
            and recorded_apart.segments = 0
            and catalogues.present_hash = catalogues.former_hash,
            false
        ) as is_firm
    from clock
    cross join recorded_apart
    cross join catalogues
),

compared as (
    select coalesce(present.customer_id, former.customer_id) as customer_id
    from present
    full outer join former on present.customer_id = former.customer_id
    cross join ground
    where
        not ground.is_firm
        or present.customer_id is null
        or former.customer_id is null
        or present.fingerprint <> former.fingerprint
        or present.is_backdated <> former.is_backdated
)

select customer_id from compared

union

-- Stays that began or ended where this run sees another part of the record than the former one, or writes it anew.
select stays.customer_id
from stays
cross join ground
where
    not ground.is_firm
    or stays.valid_from_date > ground.former_as_of_date
    or stays.valid_from_date >= {{ as_of_date() }}
    or stays.valid_to_date > ground.former_as_of_date
    or stays.valid_to_date >= {{ as_of_date() }}
