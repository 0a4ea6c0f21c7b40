"""The restricted master problem: how many learners follow which whole plan, within the seats. HiGHS solves it."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from services.placement.problem import Column, Floats, Ints, Problem, taken, worth


def silent_highs() -> Any:
    """One-threaded HiGHS that prints nothing; imported here because only a running heart needs it."""
    from highspy._core import _Highs  # noqa: PLC0415 - the public class greets on standard output, before any option

    solver = _Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", 7)):
        solver.setOptionValue(option, value)
    return solver


PRIMAL = 4
"""HiGHS' number of the primal simplex: a basis stays feasible when columns are added."""

TIGHT = 1e-6


class Master:
    """Columns so far, and the linear programme over them: so many learners of each class, within the capacity."""

    def __init__(self, problem: Problem, capacity: Ints | Floats, sizes: Ints) -> None:
        self.problem = problem
        self.capacity = capacity
        self.columns: list[Column] = []
        self.known: dict[tuple[int, tuple[int, ...]], Column] = {}
        self.classes = len(problem.learners)
        self.solver = silent_highs()
        self.solver.setOptionValue("simplex_strategy", PRIMAL)
        lower = np.concatenate([sizes.astype(float), np.full(capacity.size, -np.inf)])
        upper = np.concatenate([sizes.astype(float), capacity.ravel().astype(float)])
        none = np.zeros(0, dtype=np.int32)
        self.solver.addRows(len(lower), lower, upper, 0, none, none, np.zeros(0))
        self.add(Column(owner, (-1,) * len(one.stations), 0.0) for owner, one in enumerate(problem.learners))

    def add(self, columns: Iterable[Column]) -> int:
        """Take in columns that are new; how many were."""
        new = []
        for column in columns:
            name = (column.owner, column.cells)
            if name not in self.known:
                self.known[name] = column
                new.append(column)
        if new:
            starts, rows, values = matrix_of(self.problem, new, self.classes)
            cost = np.array([worth(self.problem, column) for column in new])
            count = len(new)
            self.solver.addCols(
                count, cost, np.zeros(count), np.full(count, np.inf), len(rows), starts, rows, values
            )
            self.columns += new
        return len(new)

    def tight(self) -> list[Column]:
        """The columns that some optimum may hold: those that cost nothing beyond the optimal prices."""
        reduced = np.asarray(self.solver.getSolution().col_dual)
        return [self.columns[at] for at in np.flatnonzero(reduced < TIGHT).tolist()]

    def fitting(self, sizes: Ints, left: Ints) -> list[Column]:
        """The columns that one of so many learners could follow within these seats."""
        room = left.ravel()
        return [
            column
            for column in self.columns
            if sizes[column.owner]
            and all(
                room[cell] >= amount
                for cell, amount in taken(self.problem, column.owner, column.cells).items()
            )
        ]

    def solve(self) -> tuple[float, Floats, Floats, Floats]:
        """Objective, how many follow each column, dual of each class, price of each cell of the capacity."""
        self.solver.run()
        solution = self.solver.getSolution()
        dual = np.asarray(solution.row_dual)
        cells = dual[self.classes : self.classes + self.capacity.size]
        price = np.maximum(0.0, -cells).reshape(self.capacity.shape)
        objective = self.solver.getInfo().objective_function_value
        return objective, np.asarray(solution.col_value), dual[: self.classes], price


def matrix_of(problem: Problem, columns: Sequence[Column], classes: int) -> tuple[Any, Any, Any]:
    """The columns as HiGHS wants them: one row for the class, one for each cell used."""
    starts: list[int] = [0]
    rows: list[int] = []
    values: list[float] = []
    for column in columns:
        used = taken(problem, column.owner, column.cells)
        rows += [column.owner, *(classes + cell for cell in used)]
        values += [1.0, *map(float, used.values())]
        starts.append(len(rows))
    return (
        np.array(starts[:-1], dtype=np.int32),
        np.array(rows, dtype=np.int32),
        np.array(values),
    )
