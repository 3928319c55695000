select contact_id
from {{ source('former', 'int_contact_versions__chosen') }}
