{{ segment_members(rows_of_customers(ref('int_segment_rules__resolved'), ref('int_customer_memberships__touched'))) }}
