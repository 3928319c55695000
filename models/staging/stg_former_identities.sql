select
    contact_id,
    customer_id
from {{ source('former', 'int_identities__resolved') }}
