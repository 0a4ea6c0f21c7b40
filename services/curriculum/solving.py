"""A linear or integer programme, put together column by column and given to HiGHS. Pure and deterministic."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from math import inf, isfinite
from typing import Any

import numpy as np


class NoSolution(ValueError):  # noqa: N818 - it says what was found
    """No hours keep all the rules."""


@dataclass(frozen=True)
class Answer:
    """Values of the columns, the objective with its proven bound, and (for an LP) the dual of each row."""

    values: list[float]
    objective: float
    bound: float
    duals: list[float]


@dataclass
class Programme:
    """Minimise costs over columns within rows."""

    costs: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    rows: list[tuple[float, float, list[int], list[float]]] = field(default_factory=list)

    def column(
        self,
        low: float = 0.0,
        high: float = inf,
        *,
        cost: float = 0.0,
        whole: bool = False,
        start: float = 0.0,
    ) -> int:
        """A new variable; returns its number. `start` is its value where nothing changes."""
        self.costs.append(cost)
        self.low.append(low)
        self.high.append(high)
        self.whole.append(whole)
        self.start.append(start)
        return len(self.costs) - 1

    def row(self, weights: Mapping[int, float], low: float = -inf, high: float = inf) -> int:
        """A new rule: low <= sum of weights x columns <= high; returns its number."""
        kept = {column: weight for column, weight in weights.items() if weight}
        self.rows.append((low, high, list(kept), list(kept.values())))
        return len(self.rows) - 1

    def minimise(
        self,
        seconds: float,
        *,
        costs: Mapping[int, float] | None = None,
        whole: Collection[int] | None = None,
        start: Sequence[float] | None = None,
    ) -> Answer:
        """The best answer within the time. `costs` replace the columns' own; only `whole` stay whole, none where empty."""
        kinds = [kind and (whole is None or column in whole) for column, kind in enumerate(self.whole)]
        highspy: Any = import_module("highspy")  # loaded only where a heart runs
        solver = import_module("highspy._core")._Highs()  # noqa: SLF001 - the public class greets on standard output
        solver.setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS takes it by position
        solver.setOptionValue("time_limit", max(0.05, seconds))
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("mip_rel_gap", 1e-6)
        solver.setOptionValue("mip_abs_gap", 1e-6)
        solver.passModel(self._model(highspy, costs, kinds))
        if start is not None and any(kinds):
            given = highspy.HighsSolution()
            given.col_value = list(start)
            solver.setSolution(given)
        solver.run()
        return self._answer(highspy, solver, linear=not any(kinds))

    def _model(self, highspy: Any, costs: Mapping[int, float] | None, kinds: Sequence[bool]) -> Any:
        model = highspy.HighsLp()
        count = len(self.costs)
        model.num_col_, model.num_row_ = count, len(self.rows)
        own = self.costs if costs is None else [costs.get(column, 0.0) for column in range(count)]
        model.col_cost_ = np.array(own, float)
        model.col_lower_, model.col_upper_ = np.array(self.low, float), np.array(self.high, float)
        model.row_lower_ = np.array([row[0] for row in self.rows], float)
        model.row_upper_ = np.array([row[1] for row in self.rows], float)
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = np.cumsum([0, *(len(row[2]) for row in self.rows)]).astype(np.int32)
        matrix.index_ = np.array([column for row in self.rows for column in row[2]], np.int32)
        matrix.value_ = np.array([weight for row in self.rows for weight in row[3]], float)
        if any(kinds):
            names = highspy.HighsVarType
            model.integrality_ = [names.kInteger if whole else names.kContinuous for whole in kinds]
        return model

    def _answer(self, highspy: Any, solver: Any, *, linear: bool) -> Answer:
        info = solver.getInfo()
        status = solver.getModelStatus()
        if info.primal_solution_status != 2:
            kinds = highspy.HighsModelStatus
            reason = (
                "the time was too short to find any"
                if status == kinds.kTimeLimit
                else "they contradict one another"
            )
            raise NoSolution(reason)
        solution = solver.getSolution()
        value = info.objective_function_value
        known = not linear and isfinite(info.mip_dual_bound)
        proven = status == highspy.HighsModelStatus.kOptimal
        bound = value if proven else min(value, info.mip_dual_bound if known else 0.0)
        return Answer(list(solution.col_value), value, bound, list(solution.row_dual))


@dataclass
class Stopwatch:
    """Shares one time limit among several solves."""

    seconds: float
    started: float = field(default_factory=time.perf_counter)

    def left(self, part: float = 1.0) -> float:
        """This part of the time that is left."""
        return part * max(0.0, self.seconds - (time.perf_counter() - self.started))
