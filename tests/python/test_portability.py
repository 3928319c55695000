"""Every construct that another engine reads differently is refused, and its replacement is not."""

from __future__ import annotations

import pytest
from scripts.check_portability import check_sql, check_yaml

# What is refused, and what to write in its place.
CONSTRUCTS = [
    ("select a from t qualify row_number() over (order by a nulls last) = 1", "select a from t"),
    ("select a::date from t", "select cast(a as date) from t"),
    ("select cast(a as varchar) from t", "select cast(a as string) from t"),
    ("select cast(a as text) from t", "select text_length from t"),
    ("select cast(a as double precision) from t", "select cast(a as double) from t"),
    ("select cast(a as hugeint) from t", "select cast(a as bigint) from t"),
    ("select {{ dbt.safe_cast('a', 'date') }} from t", "select try_cast(a as date) from t"),
    ('select "Order" from t', "select order_id from t"),
    ("select `a` from t", "select 'a \"quoted\" word' as b from t"),
    ("select * exclude (a) from t", "select count(*) as n from t"),
    ("select * replace (1 as a) from t", "select t.*, 1 as b from t"),
    (
        "select a from t union all by name select a from u",
        "select a from t union all select a from u",
    ),
    ("select a from t asof join u on t.b >= u.b", "select a from t inner join u on t.b = u.b"),
    ("select a + 1 as b from t where b > 2", "select a + 1 as b from t where a + 1 > 2"),
    ("select trim(c) as b from t where b > 2", "select trim(b) as b from t where b <> ''"),
    ("select a, min(b) as b from t group by all", "select a, min(b) as b from t group by a"),
    ("select arg_max(a, b) as c from t", "select max_by(a, b) as c from t"),
    ("select unnest(a) as b from t", "select {{ exploded('a') }} as b from t"),
    ("select a[1] as b from t", "select {{ items[1] }} as b from t"),
    ("select {'a': 1} as b from t", "select {{ {'a': 1}['a'] }} as b from t"),
    ("select transform(a, x -> x + 1) as b from t", "select a > 1 as b from t"),
    ("select a ->> 'b' as b from t", "select {{ json_text('a', 'b') }} as b from t"),
    ("select string_agg(a, ',' order by a) as b from t", "select min(a) as b from t"),
    ("select list_sort(a) as b from t", "select list_price from t"),
    ("select strftime(a, '%Y') as b from t", "select date_trunc('month', a) as b from t"),
    ("select date_format(a, 'yyyy') as b from t", "select {{ formatted('a') }} as b from t"),
    ("select extract(dow from a) as b from t", "select extract(year from a) as b from t"),
    ("select extract(epoch from a) as b from t", "select extract(month from a) as b from t"),
    ("select last_date - t.first_date as b from t", "select last_value - first_value as b from t"),
    ("select datediff('day', a, b) as c from t", "select {{ dbt.datediff('a', 'b', 'day') }} as c"),
    ("select concat(a, b) as c from t", "select a || b as c, concat_ws(',', a, b) as d from t"),
    ("select cast(2.5 as int) as b from t", "select cast(round(2.5) as int) as b from t"),
    ("select cast(a / 2 as bigint) as b", "select cast(1 + floor(a / 2) as bigint) as b"),
    ("select a / b as c from t", "select a / nullif(b, 0) as c from t"),
    ("select a / (b - 1) as c from t", "select a / greatest(b - 1, 1) as c, a / 100 as d from t"),
    ("select avg(a) as b from t", "select avg(cast(a as double)) as b from t"),
    ("select a // b as c from t", "select floor(a / nullif(b, 0)) as c from t"),
    ("select a from t order by a", "select a from t order by a nulls last"),
    ("select row_number() over (partition by a order by b) as c", "select 1 as c order by b desc"),
    ("select a from t order by b nulls last, c limit 1", "select a from t order by b desc limit 1"),
    ("select regexp_replace(a, 'b', '') as c from t", "select {{ replaced('a') }} as c from t"),
    (r"select a from t where a similar to '\d+'", "select a from t where a similar to '[0-9]+'"),
    ("select log(a) as b from t", "select ln(a) as b from t"),
    ("select hash(a) as b from t", "select md5(a) as b, rule_hash from t"),
    ("select any_value(a) as b from t", "select min(a) as b from t"),
    ("select mode(a) as b from t", "select max_by(a, b) as b from t"),
    (
        "select listagg(a, ',') as b from t",
        "select {{ dbt.listagg('a', \"','\", 'order by a') }} as b",
    ),
    ("select {{ dbt.listagg('a') }} as b from t", "select a as b from t"),
    ("select current_date as a", "select {{ as_of_date() }} as a"),
    ("select now() as a", "select known_at as a"),
    (
        "select max(ordered_date) as as_of_date from t",
        "select max(ordered_date) as last_date from t",
    ),
    ("select {{ dbt.current_timestamp() }} as a", "select timestamp '2026-01-01' as a"),
    ("select '{{ run_started_at }}' as a", "select a from t"),
    ("{% do parts.append('a::date') %}", "{% do parts.append('cast(a as date)') %}"),
    ("{% do parts.append('strftime(a, b)') %}", "{% do parts.append('a strftime b') %}"),
]


@pytest.mark.parametrize(("refused", "written"), CONSTRUCTS, ids=[pair[0] for pair in CONSTRUCTS])
def test_construct_is_refused_and_its_replacement_is_not(refused: str, written: str) -> None:
    assert check_sql("models/intermediate/int_a__made.sql", refused)
    assert check_sql("models/intermediate/int_a__made.sql", written) == []


@pytest.mark.parametrize("function", ["count(*)", "sum(a)", "row_number() over (order by a desc)"])
def test_contract_columns_are_cast(function: str) -> None:
    bare = f"with t as (select count(*) as n from u) select a, {function} as b from t"
    cast = (
        f"with t as (select count(*) as n from u) select a, cast({function} as bigint) as b from t"
    )
    assert [finding.line for finding in check_sql("models/marts/a.sql", bare)] == [1]
    assert check_sql("models/marts/a.sql", cast) == []
    assert check_sql("models/intermediate/int_a__made.sql", bare) == []


def test_comments_and_literals_are_not_read() -> None:
    text = "-- now() and a::b\n{# qualify #}\nselect 'now() -- ' as a /* hash(a) */ from t\n"
    assert check_sql("models/staging/stg_a.sql", text) == []


def test_macros_of_one_engine_may_use_what_it_has() -> None:
    text = "{% macro duckdb__a() %} a::date {% endmacro %}\n{% macro a() %} b::date {% endmacro %}"
    assert [finding.line for finding in check_sql("macros/a.sql", text)] == [2]
    assert check_sql("macros/duckdb__a.sql", "select a::date") == []


def test_finding_names_file_line_construct_and_replacement() -> None:
    finding = check_sql("models/staging/stg_a.sql", "select\n    now() as a\nfrom t")[0]
    assert str(finding) == "models/staging/stg_a.sql:2: now( -> the as-of date"


def test_types_in_yaml() -> None:
    refused = check_yaml(
        "models/a.yml", "- {name: a, data_type: varchar}\n- name: b\n  data_type: text"
    )
    assert [finding.line for finding in refused] == [1, 3]
    assert check_yaml("models/a.yml", "- {name: a, data_type: string}  # not varchar") == []
