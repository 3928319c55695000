select customer_id from {{ ref('int_segment_measures__touched') }}

union

-- Of a catalogue without measures too.
select customer_id from {{ ref('int_customers__touched') }}
