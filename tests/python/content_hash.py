"""Hash the content of every table of a schema, whatever the order of its rows.

Usage: python content_hash.py DATABASE: one JSON object, table name to hash, on standard output.
The test process imports it; for a file of another DuckDB version it runs under that version.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

# Logs of runs, and the stamp of one: their rows carry run ids and times.
LEFT_OUT = ("input_check_results", "published_version", "refresh_run_inputs", "refresh_runs")
HASH_SQL = """
    select
        count(*) || ' rows '
        || coalesce(md5(string_agg(row_text, chr(10) order by row_text)), '')
    from (select cast(whole as varchar) as row_text from {relation} as whole)
"""


def content_hashes(database: Path, schema: str = "marts") -> dict[str, str]:
    """Return a hash of columns, types and rows by table.

    Args:
        database: DuckDB file, opened read-only.
        schema: schema whose tables and views are read.
    """
    hashes = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, string_agg(column_name || ' ' || data_type, ', '"
            " order by ordinal_position) from information_schema.columns"
            " where table_schema = ? group by table_name order by table_name",
            [schema],
        ).fetchall()
        for table, description in columns:
            if table not in LEFT_OUT:
                query = HASH_SQL.format(relation=f'"{schema}"."{table}"')
                (content,) = connection.execute(query).fetchone()
                hashes[table] = f"{content} of {description}"
    return hashes


if __name__ == "__main__":
    print(json.dumps(content_hashes(Path(sys.argv[1]))))
