{#- Forget what the ledger holds of (condition, day) pairs that nobody asks for or that are to be filled otherwise, and of
    contacts' days whose facts changed. Stands before the fill in its transaction.
    ledger, wanted, touched: relations. -#}
{% macro ledger_forget(ledger, wanted, touched) %}
  {%- if is_incremental() -%}
delete from {{ ledger }}
where exists (
    select 1
    from (
        select
            filled.condition_id,
            filled.occurred_date
        from {{ ledger }} as filled
        left join {{ wanted }} as wanted
            on filled.condition_id = wanted.condition_id
            and filled.occurred_date = wanted.occurred_date
            and filled.fingerprint = wanted.fingerprint
        where filled.fingerprint is not null and wanted.condition_id is null
    ) as outdated
    where
        outdated.condition_id = {{ ledger }}.condition_id
        and outdated.occurred_date = {{ ledger }}.occurred_date
);
delete from {{ ledger }}
where (contact_id, event_type, occurred_date) in (
    select
        touched.contact_id,
        touched.event_type,
        touched.occurred_date
    from {{ touched }} as touched
)
  {%- endif -%}
{% endmacro %}
