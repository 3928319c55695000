{#- Fails where the rows of a base model, accepted and rejected, are not as many as the raw rows, or
    where the accepted ones are not those of the staging view.
    raw, accepted: relations, given as the text of a source() or ref() call. -#}
{% test accepted_plus_rejected_equals_raw(model, raw, accepted) %}

with counts as (
    select
        (select count(*) from {{ raw }}) as raw_rows,
        (select count(*) from {{ accepted }}) as accepted_rows,
        (select count(*) from {{ model }} where reason_codes is not null) as rejected_rows
)

select *
from counts
where raw_rows <> accepted_rows + rejected_rows

{% endtest %}
