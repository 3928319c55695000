"""Draw boards with dbt charts, many in one process: starting it takes longer than a board."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any, Literal

os.environ["DO_NOT_TRACK"] = "1"

from dbt_charts.agent_api import Diagnostic  # noqa: E402
from dbt_charts.agent_api._paths import resolve_board_or_error  # noqa: E402
from dbt_charts.agent_api.project_session import ProjectSession  # noqa: E402
from dbt_charts.core.compile.compiler import CompileResult, compile_file  # noqa: E402
from dbt_charts.core.render.converters.png import to_png  # noqa: E402
from dbt_charts.core.render.errors import FormatError  # noqa: E402

from charts_project import BoardError, Project  # noqa: E402

PNG_SCALE = 1.5


class Renderer:
    """Draws the boards of a project, until it is closed."""

    def __init__(self, project: Project) -> None:
        """Open a project."""
        # Compiling makes many small objects that live; looking for dead ones took a sixth of it.
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        self._session = ProjectSession.open(project.folder)
        self._compiled: dict[str, tuple[Any, CompileResult]] = {}

    def close(self) -> None:
        """Let go of the published file."""
        self._session.close()

    def html(self, board: str, variables: dict[str, str]) -> str:
        """Return a board as a page that holds all it needs.

        Args:
            board: name of the board.
            variables: values of its variables.

        Raises:
            BoardError: it cannot be drawn.
        """
        return self._render(board, variables, "html", standalone=True)

    def svg(self, board: str, variables: dict[str, str]) -> str:
        """Return a board as SVG, its fonts not included; arguments and errors as html."""
        return self._render(board, variables, "svg", standalone=False)

    def png(self, board: str, svg: str) -> bytes:
        """Return a drawn board as a picture, larger than on the screen by PNG_SCALE.

        Args:
            board: name of the board.
            svg: the board as drawn.

        Raises:
            BoardError: it cannot be converted.
        """
        try:
            return to_png(svg, scale=PNG_SCALE)
        except FormatError as error:
            raise BoardError(f"board {board}: {error}") from error

    def _render(
        self,
        name: str,
        variables: dict[str, str],
        form: Literal["html", "svg"],
        *,
        standalone: bool,
    ) -> Any:
        if name not in self._compiled:
            place = Path("charts") / f"{name}.yml"
            board = resolve_board_or_error(place, self._session.project)
            if isinstance(board, Diagnostic):
                raise BoardError(_told(name, [board]))
            self._compiled[name] = (board, compile_file(board))
        board, compiled = self._compiled[name]
        result = self._session.render_board(
            board=board, compile_result=compiled, format=form, variables=dict(variables),
            use_cache=False, standalone=standalone,
        )  # fmt: skip
        problems = [*result.validation_errors, *result.chart_errors]
        if result.board_error:
            problems.append(result.board_error)
        if result.status != "ok" or problems:
            raise BoardError(_told(name, problems))
        return result.data


def _told(name: str, problems: list[Diagnostic]) -> str:
    said = " ".join(problems[0].message.split()) if problems else "it cannot be drawn"
    place = f" ({problems[0].path})" if problems and problems[0].path else ""
    return f"board {name}{place}: {said}"
