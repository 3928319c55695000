select
    as_of_date,
    former_as_of_date
from {{ source('loads', 'build_state') }}
where model_name = '(run)'
