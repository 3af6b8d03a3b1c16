"""Rows of figures, as a table on the terminal and as a page of the documentation."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    what: str
    figure: str
    #: What it should be, in words; empty where there is no aim.
    aim: str = ""
    is_met: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "met", False: "missed", None: ""}[self.is_met]


@dataclass
class Section:
    title: str
    how: str
    rows: list[Row] = field(default_factory=list)

    def add(self, what: str, figure: str, aim: str = "", is_met: bool | None = None) -> None:
        self.rows.append(Row(what, figure, aim, is_met))


def as_text(section: Section) -> str:
    cells = [(row.what, row.figure, row.aim, row.verdict) for row in section.rows]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    lines = ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells]
    return "\n".join([section.title, *lines, ""])


def as_page(sections: list[Section], machine: str, command: str, misses: str) -> str:
    """`misses` is what was written by hand about aims that are missed."""
    lines = [
        "# Benchmarks", "",
        f"Made by `{command}`; do not edit.", "",
        f"{machine}", "",
        "Server and load share the machine, over loopback. CPU is the server's own, user and system time of all its "
        "threads, from `/proc`. A core's speed drifts within seconds: compare only what stands in one table. Where the "
        "load before the start is above zero, others used the cores too, and every figure is worse for it.",
    ]
    for section in sections:
        lines += ["", f"## {section.title}", "", section.how, "", "| | figure | aim | |", "|---|---:|---:|---|"]
        lines += [f"| {row.what} | {row.figure} | {row.aim} | {row.verdict} |" for row in section.rows]
    return "\n".join([*lines, "", misses])
