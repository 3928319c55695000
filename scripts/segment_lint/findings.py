"""Warnings about a catalogue: what is valid, and proven to be contradictory, idle or the same."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import combinations
from typing import Any

from segment_lint.days import window_of
from segment_lint.events import standard_event
from segment_lint.meaning import Meaning
from segment_lint.proof import Fact, Formula, both, either, facts_of, negated

# Beyond so many segments, or parts of one node, not each is compared with all others.
COMPARED_AT_MOST = 100
DROP = "change or remove it"
WHOLE_SEGMENT = " in the segment"


@dataclass(frozen=True)
class Finding:
    """One warning.

    Attributes:
        kind: never, always, only_unknown, all_known, idle, double_not, event, window, event_name,
            equal, never_primary, tie, salt or held_out.
        segment, path: where.
        what, remedy: in words.
        others: paths of the conditions (equal and its like: names of segments) that prove it.
    """

    kind: str
    segment: str
    path: str
    what: str
    remedy: str
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the one line that is printed."""
        return f"warning: Segment {self.segment}, {self.path}: {self.what}; {self.remedy}"


@dataclass
class Node:
    """A compiled node of a rule with its formula."""

    kind: str
    path: str
    words: str
    formula: Formula
    parts: list[Node] = field(default_factory=list)
    canonical: list[Any] | None = None


@dataclass(frozen=True)
class Term:
    """A node as it counts among the parts of an `all` or `any`: perhaps the opposite of itself."""

    node: Node
    is_negated: bool

    @property
    def formula(self) -> Formula:
        """Its formula."""
        return negated(self.node.formula) if self.is_negated else self.node.formula

    @property
    def is_exclusion(self) -> bool:
        """Whether it stands under `exclude`."""
        return self.node.path.startswith("exclude")

    @property
    def words(self) -> str:
        """What it says, between quotes."""
        is_opposite = self.is_negated and not self.is_exclusion
        words = f"not ({self.node.words})" if is_opposite else self.node.words
        return f'"{words if len(words) <= 90 else words[:90] + "..."}"'

    @property
    def place(self) -> str:
        """Where it stands and what it says."""
        return f"{self.node.path} {self.words}"


def terms_of(node: Node, kind: str, is_negated: bool = False) -> list[Term]:
    """Return what a node joins by `kind` (all or any), through nested ones and opposites."""
    if node.kind == "not":
        return terms_of(node.parts[0], kind, not is_negated)
    joined = node.kind if not is_negated else {"all": "any", "any": "all"}.get(node.kind)
    if joined == kind:
        return [term for part in node.parts for term in terms_of(part, kind, is_negated)]
    return [Term(node, is_negated)]


def one_leaf_per_stay(parts: list[Node]) -> Iterator[Node]:
    """Return the parts of an `all`, the two that stand for one entered_within joined."""
    for place, node in enumerate(parts):
        before = parts[place - 1] if place else None
        if before and is_stay_of(node, before):
            yield replace(node, formula=both(before.formula, node.formula))
        elif place + 1 == len(parts) or not is_stay_of(parts[place + 1], node):
            yield node


def is_stay_of(node: Node, member: Node) -> bool:
    """Whether a node dates the membership that another one stands for."""
    return node.path in (f"{member.path}.entered_within", f"{member.path}.exited_within")


class Linter:
    """Warnings about a catalogue as the macro segment_print_catalogue prints it."""

    def __init__(self, catalogue: Mapping[str, Any]) -> None:
        """Read the catalogue; nothing is proven yet."""
        self.meaning = Meaning(catalogue["columns"])
        self._prover = self.meaning.prover
        self._columns = catalogue["columns"]
        self._today = date.fromisoformat(catalogue["as_of_date"])
        self._formulas: dict[str, Formula] = {}
        self._findings: list[Finding] = []
        self.segments = sorted(catalogue["segments"], key=lambda one: one["segment"])
        self.rules: dict[str, Node] = {}
        for one in sorted(self.segments, key=lambda one: one.get("level", 0)):
            self.rules[one["segment"]] = self._node(one["rule"])
            self._formulas[one["segment"]] = self.rules[one["segment"]].formula

    def findings(self) -> list[Finding]:
        """Return all findings, by segment."""
        self._findings = []
        for one in self.segments:
            self._lint_rule(one["segment"], self.rules[one["segment"]])
        self._lint_equal()
        self._lint_primary()
        self._lint_holdouts()
        return sorted(dict.fromkeys(self._findings), key=lambda finding: finding.segment)

    def _node(self, printed: Mapping[str, Any]) -> Node:
        kind = printed["kind"]
        parts = [self._node(part) for part in printed.get("parts", ())]
        if kind == "all":
            parts = list(one_leaf_per_stay(parts))
            if len(parts) == 1:
                return parts[0]
        canonical = json.loads(printed["canonical"]) if kind == "leaf" else None
        if canonical is not None:
            formula = self.meaning.condition(canonical)
        elif kind == "segment":
            formula = self._formulas[printed["segment"]]
        elif kind == "not":
            formula = negated(parts[0].formula)
        else:
            formula = (both if kind == "all" else either)(*[part.formula for part in parts])
        return Node(kind, printed["path"], printed["words"], formula, parts, canonical)

    # --- One rule -------------------------------------------------------------------------------

    def _lint_rule(self, segment: str, rule: Node) -> None:
        before = len(self._findings)
        self._segment, self._root = segment, rule
        self._lint_nots(rule)
        self._lint_node(rule, [])
        whole = [one for one in self._findings[before:] if one.what.endswith(WHOLE_SEGMENT)]
        if not whole and self._prover.never(rule.formula):
            self._find("never", rule.path, "nobody can be in the segment", "mend its rule")
        elif not whole and self._prover.always(rule.formula) and not self._is_catch_all(rule):
            remedy = "if that is meant, write {field: customer_id, is_not_null: true}"
            self._find("always", rule.path, "everyone is in the segment", remedy)

    @staticmethod
    def _is_catch_all(rule: Node) -> bool:
        return rule.canonical is not None and rule.canonical[1] == "is_not_null"

    def _find(
        self, kind: str, path: str, what: str, remedy: str, others: Iterable[str] = ()
    ) -> None:
        self._findings.append(Finding(kind, self._segment, path, what, remedy, tuple(others)))

    def _lint_nots(self, node: Node) -> None:
        if node.kind == "not" and node.parts[0].kind == "not":
            self._find("double_not", node.path, "not of not is neither", "leave both out")
        for part in node.parts:
            self._lint_nots(part)

    def _lint_node(self, node: Node, beside: list[Term]) -> None:
        """Lint a node. beside: what holds wherever the node counts."""
        if node.kind == "not":
            self._lint_node(node.parts[0], [])
        elif node.kind == "leaf":
            self._lint_leaf(node)
        elif node.kind in ("all", "any"):
            self._lint_joined(node, beside)

    def _lint_leaf(self, node: Node) -> None:
        reasons = self._lint_events(node)
        if node is self._root and self._is_catch_all(node):
            return
        for kind, word, proven in (
            ("never", "never", self._prover.never(node.formula)),
            ("always", "always", self._prover.always(node.formula)),
        ):
            if proven:
                what = f"{Term(node, False).words} is {word} true{reasons or self._why(node)}"
                if node is self._root:
                    what += f", so {'nobody can be' if kind == 'never' else 'everyone is'}"
                    what += WHOLE_SEGMENT
                self._find(kind, node.path, what, DROP)
                return

    def _why(self, node: Node) -> str:
        """What the column itself promises."""
        name = node.canonical[0] if node.canonical else None
        column = self._columns.get(name, {}) if isinstance(name, str) else {}
        if node.canonical and node.canonical[1] in ("is_null", "is_not_null"):
            return f" ({name} is always known)" if column.get("is_never_null") else ""
        return f" ({name} is one of {', '.join(column['values'])})" if column.get("values") else ""

    def _lint_joined(self, node: Node, beside: list[Term]) -> None:
        """Lint the parts of an `all`; of an `any`, their opposites, which must not all hold."""
        is_all = node.kind == "all"
        terms = terms_of(node, node.kind)
        formulas = [one.formula if is_all else negated(one.formula) for one in terms]
        if not any(self._prover.never(one) for one in formulas) and self._prover.never(*formulas):
            self._report_clash(node, [terms[place] for place in self._prover.culprits(formulas)])
            beside = []
        elif not any(self._prover.never(one) for one in formulas):
            self._lint_idle(node, terms, formulas)
            self._lint_unknown(node, terms, formulas)
        if not is_all and beside:
            self._lint_beside(terms, beside)
        clashes = self._prover.never(*formulas, *[one.formula for one in beside])
        for place, term in enumerate(terms):
            around = beside
            if is_all:
                around = [] if clashes else [*beside, *terms[:place], *terms[place + 1 :]]
            self._lint_node(term.node, [] if term.is_negated else around)

    def _report_clash(self, node: Node, culprits: list[Term]) -> None:
        *others, last = culprits
        is_all = node.kind == "all"
        if is_all and last.is_exclusion:
            what = f"{last.words} excludes everyone whom {places(others)} lets in"
        elif is_all:
            what = f"{last.words} cannot hold beside {places(others)}"
        else:
            what = f"{last.words} or {places(others, 'or')} holds for everyone"
        if node is self._root:
            what += f", so {'nobody can be' if is_all else 'everyone is'}{WHOLE_SEGMENT}"
        remedy = "change or remove one" if is_all else "if `all` was meant, write it"
        paths = [one.node.path for one in others]
        self._find("never" if is_all else "always", last.node.path, what, remedy, paths)

    def _lint_idle(self, node: Node, terms: list[Term], formulas: list[Formula]) -> None:
        """Find parts that change nothing."""
        kept = [place for place, one in enumerate(formulas) if not self._prover.always(one)]
        for place in reversed(kept if len(kept) <= COMPARED_AT_MOST else []):
            rest = [other for other in kept if other != place]
            opposite = negated(formulas[place])
            if not rest or not self._prover.never(opposite, *[formulas[one] for one in rest]):
                continue
            kept = rest
            tested = [opposite, *[formulas[one] for one in rest]]
            others = [terms[rest[one - 1]] for one in self._prover.culprits(tested) if one]
            term = terms[place]
            if term.is_exclusion:
                what = f"{term.words} excludes nobody whom {places(others)} lets in"
            elif len(others) == 1 and others[0].words == term.words:
                what = f"{term.words} repeats {others[0].node.path}"
            elif node.kind == "all":
                what = f"{term.words} adds nothing: it holds wherever {places(others)} does"
            else:
                what = f"{term.words} adds nothing: {places(others, 'or')} holds wherever it does"
            self._find("idle", term.node.path, what, DROP, [one.node.path for one in others])

    def _lint_unknown(self, node: Node, terms: list[Term], formulas: list[Formula]) -> None:
        """Find parts that only ask whether a value is known."""
        knowns = self.meaning.knowns(node.formula)
        facts = list(knowns)
        if not facts or not self._prover.never(*formulas, *facts):
            return
        found = self._prover.culprits([*facts, *formulas])
        involved = [terms[place - len(facts)] for place in found if place >= len(facts)]
        names = sorted({knowns[facts[place]] for place in found if place < len(facts)})
        if len(involved) < 2 or not names:
            return
        asked = {fact for place in found if place < len(facts) for fact in [facts[place]]}
        if not all(asked & set(self.meaning.knowns(one.formula)) for one in involved):
            return
        *others, last = involved
        words, name = last.words, " and ".join(names)
        paths = [one.node.path for one in others]
        if node.kind == "any":
            what = f"{words} or {places(others, 'or')} holds for everyone whose {name} is known"
            remedy = "if `all` or not_in was meant, write it; if not, is_not_null: true says it"
            self._find("all_known", last.node.path, what, remedy, paths)
        else:
            what = f"{words} beside {places(others)} holds only where {name} is unknown"
            remedy = "if that is meant, write is_null: true"
            self._find("only_unknown", last.node.path, what, remedy, paths)

    def _lint_beside(self, terms: list[Term], beside: list[Term]) -> None:
        """Find parts of an `any` that what stands around it rules out."""
        for term in terms:
            tested = [term.formula, *[one.formula for one in beside]]
            if self._prover.never(term.formula) or self._prover.never(*tested[1:]):
                continue
            if self._prover.never(*tested):
                others = [beside[one - 1] for one in self._prover.culprits(tested) if one]
                what = f"{term.words} cannot hold beside {places(others)}"
                self._find("never", term.node.path, what, DROP, [one.node.path for one in others])

    # --- Events ---------------------------------------------------------------------------------

    def _lint_events(self, node: Node) -> str:
        """Lint the events of a leaf; returns why there can be none, if that is proven."""
        canonical = node.canonical or []
        place = re.match(r".*\]|.*\.not\b|rule", node.path)
        base = place.group() if place else node.path
        if canonical[0] == "sequence":
            window = canonical[4]
            steps = [one[1] if one[0] == "not" else one for one in canonical[1]]
            events = [(f"{base}.sequence[{at}]", *one) for at, one in enumerate(steps)]
        elif isinstance(canonical[0], list):
            window = canonical[0][5]
            events = [(base, canonical[0][1], canonical[0][2])]
        else:
            return ""
        reasons = ""
        first = window_of(window).first
        if first is not None and first[0] == "date" and first[1] >= self._today.toordinal():
            day = date.fromordinal(first[1]).isoformat()
            what = f"the window begins on {day} and the as-of date is {self._today}: it is empty"
            self._find("window", base, what, f"it fills from {day} on; move it if that is late")
        for path, name, where in events:
            meant = standard_event(name)
            if meant:
                what = f"no standard event is called '{name}'"
                self._find("event_name", path, what, f"did you mean {meant}?")
            reasons = reasons or self._lint_where(f"{path}.where", where)
        return reasons

    def _lint_where(self, path: str, where: list[str]) -> str:
        """Lint the conditions that must all hold of one event; returns why they cannot."""
        formulas = [self.meaning.where((one,)) for one in where]
        words = [where_words(json.loads(one)) for one in where]
        for formula, word in zip(formulas, words, strict=True):
            if self._prover.always(formula):
                self._find("event", path, f'"{word}" is true of every event', DROP)
        if self._prover.never(*formulas):
            found = [f'"{words[one]}"' for one in self._prover.culprits(formulas)]
            return f" (no event can meet {' and '.join(found)})"
        kept = [place for place, one in enumerate(formulas) if not self._prover.always(one)]
        for place in list(reversed(kept)):
            rest = [formulas[one] for one in kept if one != place]
            if rest and self._prover.always(formulas[place], rest):
                kept.remove(place)
                what = f'"{words[place]}" adds nothing to the conditions beside it'
                self._find("event", path, what, DROP)
        return ""

    # --- Segments together ----------------------------------------------------------------------

    def _lint_equal(self) -> None:
        """Find segments that hold the same customers whatever the data."""
        groups: dict[frozenset[Fact], list[str]] = defaultdict(list)
        for one in self.segments:
            formula = self._formulas[one["segment"]]
            if not self._prover.never(formula):
                groups[frozenset(facts_of(formula))].append(one["segment"])
        for names in groups.values():
            distinct: list[str] = []
            for name in names:
                self._segment = name
                for other in distinct[:COMPARED_AT_MOST]:
                    if self._prover.same(self._formulas[name], self._formulas[other]):
                        what = f"it has the same members as segment {other}, whatever the data"
                        remedy = "keep one, or say how they differ"
                        self._find("equal", "rule", what, remedy, [other])
                        break
                else:
                    distinct.append(name)

    def _lint_primary(self) -> None:
        """Find segments with a priority that never win, or win by their name alone."""
        ranked = [one for one in self.segments if one["priority"] is not None]
        ranked.sort(key=lambda one: (one["priority"], one["segment"]))
        earlier: list[str] = []
        for one in ranked[:COMPARED_AT_MOST]:
            name = self._segment = one["segment"]
            formula = self._formulas[name]
            outside = [formula, *[negated(self._formulas[other]) for other in earlier]]
            if earlier and not self._prover.never(formula) and self._prover.never(*outside):
                takers = [earlier[at - 1] for at in self._prover.culprits(outside) if at]
                what = f"it is nobody's primary segment: {' and '.join(takers)} comes first"
                remedy = "give it a lower number, or no priority"
                self._find("never_primary", "priority", what, remedy, takers)
                continue
            earlier.append(name)
        ties: dict[int, list[str]] = defaultdict(list)
        idle = {one.segment for one in self._findings if one.kind == "never_primary"}
        for one in ranked:
            if one["segment"] in idle:
                continue
            for other in ties[one["priority"]][:COMPARED_AT_MOST]:
                if not self._prover.never(self._formulas[one["segment"]], self._formulas[other]):
                    self._segment = one["segment"]
                    what = f"segment {other} has priority {one['priority']} too: the name decides"
                    self._find("tie", "priority", what, "give each its own", [other])
                    break
            ties[one["priority"]].append(one["segment"])

    def _lint_holdouts(self) -> None:
        """Find holdouts that hold out all or none, and salts that several segments share."""
        by_salt: dict[str, list[str]] = defaultdict(list)
        for one in self.segments:
            if one["holdout_salt"] is None:
                continue
            self._segment = one["segment"]
            formula = self._formulas[self._segment]
            held = self.meaning.condition(["sample", one["holdout_below"], one["holdout_salt"]])
            by_salt[one["holdout_salt"]].append(self._segment)
            if self._prover.never(formula):
                continue
            for kind, who in ((held, "every"), (negated(held), "no")):
                if self._prover.always(kind, [formula]):
                    what = f"{who} member is held out: the rule draws by the same salt"
                    self._find("held_out", "holdout.salt", what, "give the holdout its own salt")
        for salt, names in by_salt.items():
            pairs = combinations(names[:20], 2)
            shared = [
                pair
                for pair in pairs
                if not self._prover.never(*[self._formulas[name] for name in pair])
            ]
            if shared:
                self._segment, others = names[0], names[1:]
                listed = ", ".join(others[:3]) + (" and others" if len(others) > 3 else "")
                what = f"salt '{salt}' is also that of {listed}: the same customers are held out"
                remedy = "give each its own, unless that is meant"
                self._find("salt", "holdout.salt", what, remedy, others)


def places(terms: list[Term], joined: str = "and") -> str:
    """Return where terms stand and what they say."""
    return f" {joined} ".join(one.place for one in terms)


def where_words(canonical: list[Any]) -> str:
    """Return a condition on an event in words."""
    name, operator, _, value, _, on_null = canonical
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{name} {operator} {shown[:60]}" + (" or unknown" if on_null else "")
