"""Proofs about rules: formulas over yes/no facts, and whether any case can make one true.

A formula is True, False, a fact (a tuple whose first item is its kind, see meaning.py), or
Not, All or Any of formulas. What is known of facts beyond their names comes as clauses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

Fact: TypeAlias = tuple[Any, ...]
Formula: TypeAlias = "bool | Fact | Not | All | Any_"
# What cannot all fail at once: pairs of a fact and the value that satisfies the clause.
Clause: TypeAlias = "list[tuple[Fact, bool]]"
CONFLICTS_AT_MOST = 3000


class Undecided(Exception):
    """The search was given up: nothing is proven either way."""


@dataclass(frozen=True)
class Not:
    """The opposite of a formula."""

    part: Formula


@dataclass(frozen=True)
class All:
    """True where every part is."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True)
class Any_:
    """True where a part is."""

    parts: tuple[Formula, ...]


def negated(formula: Formula) -> Formula:
    """Return the opposite of a formula."""
    if isinstance(formula, bool):
        return not formula
    return formula.part if isinstance(formula, Not) else Not(formula)


def both(*parts: Formula) -> Formula:
    """Return the formula that is true where every part is."""
    kept = tuple(part for part in parts if part is not True)
    if False in [part for part in kept if isinstance(part, bool)]:
        return False
    return kept[0] if len(kept) == 1 else All(kept) if kept else True


def either(*parts: Formula) -> Formula:
    """Return the formula that is true where any part is."""
    kept = tuple(part for part in parts if part is not False)
    if True in [part for part in kept if isinstance(part, bool)]:
        return True
    return kept[0] if len(kept) == 1 else Any_(kept) if kept else False


def facts_of(formula: Formula) -> Iterator[Fact]:
    """Return the facts that a formula names, with repeats."""
    waiting = [formula]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tuple):
            yield one
        elif isinstance(one, Not):
            waiting.append(one.part)
        elif isinstance(one, All | Any_):
            waiting.extend(one.parts)


class Search:
    """A search for values of facts that satisfy clauses (watched literals, no learning).

    Facts are numbered from 1; a negative number is the opposite.
    """

    def __init__(self) -> None:
        """Start without facts and clauses."""
        self._numbers: dict[Fact, int] = {}
        self._count = 0
        self._clauses: list[list[int]] = []

    def require(self, formula: Formula) -> None:
        """Ask for a formula to be true."""
        self._clauses.append([self._encoded(formula)])

    def learn(self, clauses: Iterable[Clause]) -> None:
        """Take what is known of the facts."""
        for clause in clauses:
            self._clauses.append(
                [self._number(fact) if value else -self._number(fact) for fact, value in clause]
            )

    def _new(self) -> int:
        self._count += 1
        return self._count

    def _number(self, fact: Fact) -> int:
        if fact not in self._numbers:
            self._numbers[fact] = self._new()
        return self._numbers[fact]

    def _encoded(self, formula: Formula, wanted: bool = True) -> int:
        """Return a number that implies the formula (where not wanted: its opposite)."""
        if isinstance(formula, bool):
            number = self._new()
            self._clauses.append([number if formula == wanted else -number])
            return number
        if isinstance(formula, tuple):
            return self._number(formula) if wanted else -self._number(formula)
        if isinstance(formula, Not):
            return self._encoded(formula.part, not wanted)
        number = self._new()
        parts = [self._encoded(part, wanted) for part in formula.parts]
        if isinstance(formula, All) == wanted:
            self._clauses.extend([-number, part] for part in parts)
        else:
            self._clauses.append([-number, *parts])
        return number

    def succeeds(self) -> bool:
        """Return whether there are such values.

        Raises:
            Undecided: that took too long to find out.
        """
        self._values: list[int] = [0] * (self._count + 1)
        self._trail: list[int] = []
        self._watchers: dict[int, list[list[int]]] = {}
        units = []
        for clause in self._clauses:
            if not clause:
                return False
            if len(clause) == 1:
                units.append(clause[0])
            else:
                for literal in clause[:2]:
                    self._watchers.setdefault(literal, []).append(clause)
        if not all(self._value(unit) >= 0 and self._holds(unit) for unit in units):
            return False
        choices: list[tuple[int, int]] = []
        conflicts = 0
        following = 1
        while True:
            while following <= self._count and self._values[following]:
                following += 1
            if following > self._count:
                return True
            choices.append((len(self._trail), following))
            consistent = self._holds(following)
            while not consistent:
                conflicts += 1
                if conflicts > CONFLICTS_AT_MOST:
                    raise Undecided
                if not choices:
                    return False
                length, chosen = choices.pop()
                for literal in self._trail[length:]:
                    self._values[abs(literal)] = 0
                del self._trail[length:]
                following = chosen
                consistent = self._holds(-chosen)

    def _value(self, literal: int) -> int:
        return self._values[literal] if literal > 0 else -self._values[-literal]

    def _holds(self, literal: int) -> bool:
        """Take a literal for true with all that follows; False if that contradicts a clause."""
        if self._value(literal):
            return self._value(literal) > 0
        self._values[abs(literal)] = 1 if literal > 0 else -1
        self._trail.append(literal)
        done = len(self._trail) - 1
        while done < len(self._trail):
            false = -self._trail[done]
            done += 1
            kept = []
            watching = self._watchers.get(false, [])
            for place, clause in enumerate(watching):
                if clause[0] == false:
                    clause[0], clause[1] = clause[1], false
                first = clause[0]
                if self._value(first) > 0:
                    kept.append(clause)
                    continue
                for index in range(2, len(clause)):
                    if self._value(clause[index]) >= 0:
                        clause[1], clause[index] = clause[index], false
                        self._watchers.setdefault(clause[1], []).append(clause)
                        break
                else:
                    kept.append(clause)
                    if self._value(first) < 0:
                        self._watchers[false] = kept + watching[place + 1 :]
                        return False
                    self._values[abs(first)] = 1 if first > 0 else -1
                    self._trail.append(first)
            self._watchers[false] = kept
        return True


class Prover:
    """Says what can be proven about formulas, given what is known about facts."""

    def __init__(self, known: Callable[[set[Fact]], Iterable[Clause]]) -> None:
        """Take the source of knowledge.

        Args:
            known: the clauses that hold among some facts (they may name others too).
        """
        self._known = known
        self._proven: dict[Formula, bool] = {}

    def never(self, *formulas: Formula) -> bool:
        """Return whether it is proven that these can never all be true."""
        goal = both(*formulas)
        if isinstance(goal, bool):
            return not goal
        if goal not in self._proven:
            search = Search()
            search.require(goal)
            search.learn(self._known(set(facts_of(goal))))
            try:
                self._proven[goal] = not search.succeeds()
            except Undecided:
                self._proven[goal] = False
        return self._proven[goal]

    def always(self, formula: Formula, given: Iterable[Formula] = ()) -> bool:
        """Return whether it is proven that a formula is true wherever the given ones are."""
        return self.never(*given, negated(formula))

    def same(self, one: Formula, other: Formula) -> bool:
        """Return whether it is proven that two formulas are true in the same cases."""
        return self.always(one, [other]) and self.always(other, [one])

    def culprits(self, formulas: list[Formula]) -> list[int]:
        """Return the places of formulas that can never all be true, none of them left out in vain.

        Args:
            formulas: they are proven to be never all true.
        """
        # Mostly it is one of them, or one beside the first: asking for that is quick.
        for place, one in enumerate(formulas):
            if self.never(one):
                return [place]
        for place, one in enumerate(formulas[1:], 1):
            if self.never(formulas[0], one):
                return [0, place]
        kept = list(range(len(formulas)))
        for place in reversed(range(len(formulas))):
            fewer = [other for other in kept if other != place]
            if self.never(*[formulas[other] for other in fewer]):
                kept = fewer
        return kept
