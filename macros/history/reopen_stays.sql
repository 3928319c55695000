{#- Take back what a run is about to write anew: stays begun on the as-of date go, those that ended on it go on again, and
    those that end now make room for their last state. Statements for the pre-hook of int_segment_stays__recorded, which
    runs them and the insert that follows as one transaction.

    stays: relation of the record. written: relation of int_segments__written, the segments that this run records.
    changed: relation of int_segment_stays__changed. -#}
{% macro reopen_stays(stays, written, changed) %}
delete from {{ stays }} where valid_from_date >= {{ as_of_date() }} and segment in (select written.segment from {{ written }} as written);

update {{ stays }} set valid_to_date = null, exit_cause = null
where valid_to_date >= {{ as_of_date() }} and segment in (select written.segment from {{ written }} as written);

delete from {{ stays }}
where
    valid_to_date is null
    {#- By the customer first: several keys of all stays are compared far more slowly. #}
    and customer_id in (select changed.customer_id from {{ changed }} as changed where changed.valid_to_date is not null)
    and exists (
        select 1 from {{ changed }} as changed
        where
            changed.segment = {{ stays }}.segment
            and changed.customer_id = {{ stays }}.customer_id
            and changed.valid_from_date = {{ stays }}.valid_from_date
    )
{% endmacro %}
