-- Why are raw rows rejected, and since when?
-- Read: a reason that grows is a change at its source; docs/your_data.md and the seed rejection_reasons say how each is mended.
select
    source,
    reason_codes,
    count(*) as raw_rows,
    min(loaded_at) as first_loaded_at,
    max(loaded_at) as last_loaded_at
from {{ ref('rejected_rows') }}
group by source, reason_codes
order by raw_rows desc nulls last, source asc nulls last, reason_codes asc nulls last
