select
    cast(export_id as string) as export_id,
    cast(segment as string) as segment,
    cast(channel as string) as channel,
    cast(kind as string) as kind,
    cast(as_of_date as date) as as_of_date,
    cast(exported_at as timestamp) as exported_at,
    {{ local_date('exported_at') }} as exported_date,
    cast(exported_customers as bigint) as exported_customers,
    cast(left_out_customers as bigint) as left_out_customers
from {{ source('privacy', 'segment_exports') }}
