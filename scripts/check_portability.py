"""Refuse SQL that another engine reads differently, and clocks other than the as-of date.

Usage: .venv/bin/python scripts/check_portability.py [PATH ...]

Reads the source text, Jinja and all, of models, macros, tests and analyses, and their YAML. What
only one engine has belongs in a macro named `duckdb__*`, `spark__*` or `default__*`: these, and
files so named, are not read. Prints `file:line: construct -> what to write`; exits 1 on a finding.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("models", "macros", "seeds", "tests/singular", "tests/generic", "analyses")
ENGINE_PREFIXES = ("duckdb__", "spark__", "default__")
# Types spelled in a way that only some engines know.
TYPES = r"varchar|text|double\s+precision|hugeint|ubigint|uinteger|int4|int8|float8|timestamptz"
INTEGERS = r"int|integer|bigint|smallint|tinyint"


@dataclass(frozen=True)
class Finding:
    """One refused construct at one place of one file."""

    path: str
    line: int
    construct: str
    advice: str

    def __str__(self) -> str:
        """Return the finding as one line."""
        return f"{self.path}:{self.line}: {self.construct} -> {self.advice}"


@dataclass(frozen=True)
class Source:
    """A file's text in the views that the rules look at; all keep every character's place.

    Attributes:
        path: path shown in findings.
        sql: the SQL alone: Jinja statements blank, Jinja expressions and quoted text as `x`.
        literals: the SQL with its quoted text.
        jinja: the code of the Jinja alone.
    """

    path: str
    sql: str
    literals: str
    jinja: str


def blank(text: str, fill: str = " ") -> str:
    """Return a text with everything but its line ends replaced by `fill`."""
    return re.sub(r"[^\n]", fill, text)


def blank_statement(text: str) -> str:
    """Return a Jinja statement as blanks; where a macro begins or ends, SQL ends, too."""
    is_border = re.match(r"\{%-?\s*(?:end)?(?:macro|test|materialization)\b", text)
    return ";" + blank(text[1:]) if is_border else blank(text)


def read(path: str, text: str) -> Source:
    """Split the text of a SQL file into the views the rules need."""
    text = re.sub(r"\{#.*?#\}", lambda found: blank(found.group()), text, flags=re.S)
    engine_macro = r"\{%-?\s*macro\s+(?:" + "|".join(ENGINE_PREFIXES) + r").*?endmacro\s*-?%\}"
    text = re.sub(engine_macro, lambda found: ";" + blank(found.group()[1:]), text, flags=re.S)
    jinja = "".join(part if kind else blank(part) for kind, part in pieces(text))
    literals = "".join(
        {"": part, "{{": blank(part, "x"), "{%": blank_statement(part)}[kind]
        for kind, part in pieces(text)
    )
    # One expression for both: a `--` inside quotes is no comment, and a quote inside one no quote.
    quoted_or_comment = r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/"
    literals = re.sub(
        quoted_or_comment,
        lambda found: found.group() if found.group()[0] == "'" else blank(found.group()),
        literals,
        flags=re.S,
    )
    sql = re.sub(r"'(?:[^']|'')*'", lambda found: blank(found.group(), "x"), literals)
    return Source(path, sql.lower(), literals, jinja)


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a text in order, each after its kind: `{{`, `{%` or nothing for SQL."""
    for part in re.split(r"(\{%.*?%\}|\{\{.*?\}\})", text, flags=re.S):
        yield (part[:2] if part.startswith(("{%", "{{")) else ""), part


def body_of_call(text: str, start: int) -> str:
    """Return what stands between the bracket that opens at or after `start` and its partner."""
    first = text.index("(", start)
    depth = 0
    for place in range(first, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return text[first + 1 : place]
    return text[first + 1 :]


def split_items(text: str) -> Iterator[tuple[int, str]]:
    """Yield the comma-separated items of a list with their offsets; brackets hide commas."""
    depth = start = 0
    for place, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            yield start, text[start:place]
            start = place + 1
    yield start, text[start:]


def calls(sql: str, names: str) -> Iterator[tuple[int, str, str]]:
    """Yield place, name and arguments of every call of one of the functions named."""
    for found in re.finditer(rf"(?<![\w.])({names})\s*\(", sql):
        yield found.start(), found.group(1), body_of_call(sql, found.start())


def unordered_nulls(source: Source) -> Iterator[tuple[int, str]]:
    """Find ascending sort keys that leave the place of NULL to the engine."""
    for found in re.finditer(r"\border\s+by\b", source.sql):
        start = found.end()
        depth, end = 0, len(source.sql)
        for place in range(start, len(source.sql)):
            depth += {"(": 1, ")": -1}.get(source.sql[place], 0)
            if depth < 0 or source.sql[place] == ";":
                end = place
                break
        keys = re.split(r"\b(?:rows|range|groups)\s+between\b|\blimit\b", source.sql[start:end])[0]
        for offset, key in split_items(keys):
            word = key.strip()
            is_unknown = re.fullmatch(r"x*|x+\s+(?:asc|desc)", word)
            if not is_unknown and not re.search(r"\bdesc$|\bnulls\s+(first|last)$", word):
                indent = len(key) - len(key.lstrip())
                yield start + offset + indent, f"order by {' '.join(word.split())}"


def rounding_casts(source: Source) -> Iterator[tuple[int, str]]:
    """Find casts of fractions to integers, which one engine rounds and another cuts off."""
    for place, _, body in calls(source.sql, "cast|try_cast"):
        value, _, target = body.rpartition(" as ")
        for start, _, inner in calls(value, "round|floor|ceil|ceiling"):
            whole = len(inner) + value.index("(", start) - start + 2
            value = value[:start] + " " * whole + value[start + whole :]
        if re.fullmatch(rf"\s*(?:{INTEGERS})\s*", target) and re.search(r"/|\d\.\d", value):
            yield place, "cast of a fraction to an integer"


def decimal_averages(source: Source) -> Iterator[tuple[int, str]]:
    """Find averages of anything not cast to double."""
    for place, _, body in calls(source.sql, "avg|mean"):
        if not re.search(r"\bas\s+double\b", body):
            yield place, "avg of an uncast value"


def unordered_lists(source: Source) -> Iterator[tuple[int, str]]:
    """Find lists made of rows in no stated order."""
    for place, name, body in calls(source.sql, "listagg|array_agg|collect_list|group_concat|list"):
        after = source.sql[place + len(name) + len(body) :][:60]
        if "order by" not in body and not re.match(r"[\s()]*within\s+group", after):
            yield place, f"unordered {name}"
    for place, _, body in calls(source.jinja.replace("dbt.", "    "), "listagg"):
        if "order" not in body:
            yield place, "unordered listagg"


def uncast_contract_columns(source: Source) -> Iterator[tuple[int, str]]:
    """Find columns of a mart whose type the engine chooses: counts, sums and row numbers."""
    if not source.path.startswith("models/marts"):
        return
    outer, depth = [], 0
    for character in source.sql:
        depth -= character == ")"
        outer.append(character if depth == 0 or character == "\n" else " ")
        depth += character == "("
    selects = list(re.finditer(r"\bselect\b", "".join(outer)))
    if not selects:
        return
    start = selects[-1].end()
    stop = re.search(r"\bfrom\b", "".join(outer)[start:])
    columns = source.sql[start : start + stop.start() if stop else None]
    for offset, column in split_items(columns):
        found = re.search(r"\b(row_number|count|sum|rank|dense_rank)\s*\(", column)
        if found and not re.match(r"\s*(?:try_)?cast\s*\(", column):
            yield start + offset + found.start(), f"uncast {found.group(1)} in a contract"


def aliases_in_where(source: Source) -> Iterator[tuple[int, str]]:
    """Find conditions on a name that the same select has only just given."""
    for found in re.finditer(r"\bselect\b", source.sql):
        clauses = clauses_of_select(source.sql, found.end())
        if clauses is None:
            continue
        columns, place, condition = clauses
        for _, column in split_items(columns):
            named = re.fullmatch(r"(.*\S)\s+as\s+(\w+)\s*", column, flags=re.S)
            if not named or re.search(rf"\b{named.group(2)}\b", named.group(1)):
                continue
            used = re.search(rf"(?<![\w.]){named.group(2)}\b(?!\s*\()", condition)
            if used:
                yield place + used.start(), f"alias {named.group(2)} in where"


def clauses_of_select(sql: str, start: int) -> tuple[str, int, str] | None:
    """Return the columns, and the place and text of the where clause, of the select at `start`."""
    depth, ends = 0, []
    tokens = re.compile(r"[();]|\b(?:from|where|group|having|window|order|limit|union)\b")
    for found in tokens.finditer(sql, start):
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        if depth < 0 or (depth == 0 and found.group() not in "()"):
            ends.append((found.group(), found.start(), found.end()))
            if depth < 0 or found.group() not in ("from", "where"):
                break
    words = [word for word, _, _ in ends]
    if words[:2] != ["from", "where"]:
        return None
    end = ends[2][1] if len(ends) > 2 else len(sql)
    return sql[start : ends[0][1]], ends[1][2], sql[ends[1][2] : end]


def pattern(view: str, expression: str) -> Callable[[Source], Iterator[tuple[int, str]]]:
    """Return a rule that finds an expression in one view of a source."""
    compiled = re.compile(expression, flags=re.I)

    def find(source: Source) -> Iterator[tuple[int, str]]:
        for found in compiled.finditer(getattr(source, view)):
            yield found.start(), " ".join(found.group().split())

    return find


def functions(names: str) -> Callable[[Source], Iterator[tuple[int, str]]]:
    """Return a rule that finds calls of functions, in SQL and in SQL that Jinja puts together."""
    expression = rf"(?<![\w.])(?:{names})\s*\("

    def find(source: Source) -> Iterator[tuple[int, str]]:
        yield from pattern("sql", expression)(source)
        for start, text in jinja_strings(source.jinja):
            for found in re.finditer(expression, text, flags=re.I):
                yield start + found.start(), found.group()

    return find


def jinja_strings(jinja: str) -> Iterator[tuple[int, str]]:
    """Yield place and text of the quoted strings in Jinja code."""
    for found in re.finditer(r"\"[^\"\n]*\"|'[^'\n]*'", jinja):
        yield found.start() + 1, found.group()[1:-1]


# What is refused, and what to write in its place: the table of the design, line by line.
RULES: tuple[tuple[Callable[[Source], Iterator[tuple[int, str]]], str], ...] = (
    (pattern("sql", r"\bqualify\b"), "a CTE with row_number() and `where rn = 1`"),
    (pattern("sql", r"::"), "cast(x as type)"),
    (pattern("sql", rf"\bas\s+(?:{TYPES})\b|\b(?:varchar|hugeint)\b"), "string, double, bigint"),
    (pattern("jinja", r"\bas\s+(?:varchar|text|hugeint|double precision)\b|\w::\w"), "cast(..)"),
    (pattern("jinja", r"\bsafe_cast\b"), "try_cast(x as type)"),
    (pattern("sql", r'"[^"\n]*"|`[^`\n]*`'), "unquoted snake_case"),
    (pattern("sql", r"\*\s*(?:exclude|except|replace)\b"), "the columns, one by one"),
    (pattern("sql", r"\bby\s+name\b"), "the columns in the same order on both sides"),
    (pattern("sql", r"\basof\b"), "a join on the range, and row_number()"),
    (pattern("sql", r"\b(?:group|order)\s+by\s+all\b"), "the columns, one by one"),
    (aliases_in_where, "the expression, or a CTE that names it first"),
    (functions("arg_max|arg_min|max_arg|argmax|argmin"), "max_by or min_by"),
    (functions("unnest|explode"), "the project's explode macro"),
    (functions("string_agg"), "the project's sorted list macro"),
    (pattern("sql", r"[\[\]]"), "a macro for lists"),
    (pattern("sql", r"[{}]"), "separate columns"),
    (pattern("sql", r"->>?|\blambda\b"), "a macro for JSON and for lambdas"),
    (functions(r"list_\w+|json_\w+|struct_pack|generate_series|range"), "a dispatched macro"),
    (functions("strftime|strptime|date_format|to_char"), "a macro for date formats"),
    (functions("epoch|epoch_ms|unix_timestamp|dayofweek|weekday|isodow"), "a macro for date parts"),
    (functions("date_part|datepart"), "extract(part from x), or a macro for weekday and epoch"),
    (
        pattern("sql", r"\bextract\s*\(\s*(?:dow|isodow|dayofweek|dayofweek_iso|epoch)\b"),
        "a macro for weekday and epoch",
    ),
    (
        pattern("sql", r"(?:_date|\bas\s+date\s*\))\s*-\s*(?:[\w.]*_date\b|cast\b)"),
        "dbt.datediff(first, second, 'day')",
    ),
    (functions("datediff|date_diff|datesub|date_sub|dateadd|date_add"), "dbt's date macros"),
    (functions("concat"), "a || b, with coalesce where NULL is to count as ''"),
    (rounding_casts, "cast(round(x) as bigint) or floor(x)"),
    (pattern("sql", r"//"), "floor(a / b)"),
    (
        pattern(
            "sql",
            r"(?<![/*])/(?![/*])(?!\s*(?:cast\s*\(\s*)*"
            r"(?:nullif\s*\(|greatest\s*\(|0*[1-9]|0?\.\d|0\.0*[1-9]|x{4,}))[^\n]{0,20}",
        ),
        "a / nullif(b, 0)",
    ),
    (decimal_averages, "avg(cast(x as double))"),
    (unordered_nulls, "nulls last (or nulls first) after the key"),
    (functions(r"regexp_(?:replace|matches|full_match|extract_all)"), "a macro for expressions"),
    (pattern("literals", r"'[^'\n]*\\[dws][^'\n]*'"), "[0-9], [a-z], and so on"),
    (functions("log"), "ln(x)"),
    (functions("hash|xxhash64"), "md5(x)"),
    (uncast_contract_columns, "cast(.. as bigint), or the type of the contract"),
    (functions("any_value|mode|arbitrary|first|last"), "min, or max_by with a tie-break"),
    (unordered_lists, "the project's sorted list macro"),
    (
        pattern("sql", r"\b(?:current_date|current_timestamp|localtimestamp|sysdate)\b"),
        "the as-of date macro",
    ),
    (functions("now|today|getdate|transaction_timestamp|get_current_timestamp"), "the as-of date"),
    (
        pattern("jinja", r"\bdbt\.(?:current_timestamp|now)\b|\bdatetime\.(?:now|utcnow|today)\b"),
        "the as-of date macro",
    ),
    (
        pattern("sql", r"\bmax\s*\([^()]*\)\s+as\s+(?:today|now|as_of\w*|current_\w+|run_date)\b"),
        "the as-of date macro: the newest row is not today",
    ),
)


def check_sql(path: str, text: str) -> list[Finding]:
    """Return what is refused in a SQL file.

    Args:
        path: path from the project's folder, with slashes; marts have a rule of their own.
        text: the file's text, Jinja included.
    """
    if Path(path).name.startswith(ENGINE_PREFIXES):
        return []
    source = read(path, text)
    rules = RULES
    if path.startswith("models/"):
        clock = pattern("jinja", r"\brun_started_at\b")
        rules = (*RULES, (clock, "the as-of date macro"))
    found = {
        Finding(path, text.count("\n", 0, place) + 1, construct, advice)
        for rule, advice in rules
        for place, construct in rule(source)
    }
    return sorted(found, key=lambda finding: (finding.line, finding.construct))


def check_yaml(path: str, text: str) -> list[Finding]:
    """Return the type names refused in a YAML file."""
    types = re.compile(rf"\b(?:data_type|type):\s*['\"]?({TYPES})\b", flags=re.I)
    return [
        Finding(path, number, found.group(1), "string, double, bigint, timestamp")
        for number, line in enumerate(text.splitlines(), start=1)
        if (found := types.search(line.partition(" #")[0]))
    ]


def check(paths: list[Path], root: Path = ROOT) -> list[Finding]:
    """Return what is refused in files, or in all files below folders.

    Args:
        paths: files or folders; missing ones are passed over.
        root: folder that the shown paths start from.
    """
    found = []
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            name = file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
            if file.suffix == ".sql":
                found += check_sql(name, file.read_text(encoding="utf-8"))
            elif file.suffix in (".yml", ".yaml"):
                found += check_yaml(name, file.read_text(encoding="utf-8"))
    return found


def main(arguments: list[str]) -> int:
    """Print the findings and return 1 if there is one."""
    paths = [Path(argument).resolve() for argument in arguments]
    found = check(paths or [ROOT / folder for folder in FOLDERS])
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
