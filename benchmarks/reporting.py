"""What a run of `benchmarks.delivery` says: ratios first, then figures, then the conditions; as text, JSON and a plot."""

import json
import os
import platform
import statistics
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.contenders import work
from benchmarks.contenders.entrants import ENTRANTS

RESULTS = Path(__file__).parent / "results"
PEERS = ("faststream_batches", "postgres_queue", "skip_locked")
SLOW = ("faststream_sqlmodel", "celery", "dramatiq")
PACKAGES = (
    "faststream",
    "aio-pika",
    "aiormq",
    "asyncpg",
    "psycopg",
    "sqlalchemy",
    "sqlmodel",
    "pydantic",
    "uvloop",
    "celery",
    "dramatiq",
    "procrastinate",
)
PARTS = ("client", "postgres", "broker")
WANTED = [
    *(("batch", peer, 2.0) for peer in PEERS),
    ("batch", "limit", 0.6),
    *(("batch", slow, 25.0) for slow in SLOW),
    *(("ordinary", slow, 10.0) for slow in SLOW),
    ("ordinary", "limit", 0.3),
    ("refused_1_percent", "batch", 0.7),
    ("ten_keys", "batch", 0.7),
    *(("batch_one_process", other, None) for other in ("limit", *SLOW, "batch")),
    ("ordinary_one_process", "ordinary", None),
    ("three_replicas", "batch", None),
    *(("batch", f"{slow}_straight", None) for slow in SLOW),
    ("batch", "skip_locked_only", None),
    ("inbox_1000000", "inbox_10000", 0.8),
]
"""Ratios of events a second that the project sets itself; none where it only wants to know."""

Found = dict[str, dict[str, Any]]


def line(number: int, name: str, said: dict[str, float]) -> str:
    """One round, for the terminal."""
    each = {part: said[f"{part}_cpu"] / said["count"] * 1e6 for part in PARTS}
    spent = "  ".join(f"{part} {value:5.0f}" for part, value in each.items())
    speed = said["count"] / said["seconds"]
    return f"round {number}  {name:28} {speed:8.0f} events/s   CPU us: {spent}   load {said['load']:.1f}"


def summary(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """The median of the rounds; CPU in microseconds an event."""
    return {
        "events_per_second": round(statistics.median(one["count"] / one["seconds"] for one in rounds), 1),
        "cpu_us": {
            part: round(statistics.median(one[f"{part}_cpu"] / one["count"] * 1e6 for one in rounds), 1)
            for part in PARTS
        },
        "rss_mb": round(max(one["rss_mb"] for one in rounds), 1),
    }


def ratios(found: Found) -> list[tuple[str, float, float, float | None]]:
    """What is compared, by events a second, by CPU an event, and the ratio that is wanted."""
    speed = {name: one["events_per_second"] for name, one in found.items()}
    cpu = {name: sum(one["cpu_us"].values()) for name, one in found.items()}
    peers = [peer for peer in PEERS if peer in speed]
    rows = []
    if "batch" in speed and peers:
        best = max(peers, key=lambda peer: speed[peer])
        rows.append(
            ("batch / best peer of equal shape", speed["batch"] / speed[best], cpu[best] / cpu["batch"], 2.0)
        )
    wanted = sorted(WANTED, key=lambda row: (row[1] != "limit", row[0] != "batch"))
    for one, other, least in wanted:
        if one in speed and other in speed:
            rows.append((f"{one} / {other}", speed[one] / speed[other], cpu[other] / cpu[one], least))
    return rows


def ratio_lines(found: Found) -> list[str]:
    head = f"{'':42}{'events/s':>10}{'CPU/event':>11}{'wanted':>9}"
    body = [
        f"{what:42}{by_speed:10.2f}{by_cpu:11.2f}{'' if least is None else f'{least:9.1f}'}"
        for what, by_speed, by_cpu, least in ratios(found)
    ]
    return [head, *body]


def write(found: Found, rounds: dict[str, list[dict[str, float]]], facts: dict[str, Any]) -> None:
    """The figures, every round with its conditions, the text and the plot."""
    RESULTS.mkdir(exist_ok=True)
    loads = [one["load"] for each in rounds.values() for one in each]
    facts = {
        **facts,
        "load average (1 minute)": f"{min(loads):.1f} to {max(loads):.1f}",
        "batch size": work.BATCH,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }
    (RESULTS / "delivery.json").write_text(json.dumps(found, indent=1) + "\n")
    raw = {"facts": facts, "rounds": rounds}
    (RESULTS / "delivery_rounds.json").write_text(json.dumps(raw, indent=1) + "\n")
    (RESULTS / "delivery.md").write_text("\n".join(_text(found, facts)) + "\n")
    _plot(found)


def write_inbox(found: Found, rounds: dict[str, list[dict[str, float]]], facts: dict[str, Any]) -> None:
    """What the size of the inbox costs."""
    ((what, by_speed, by_cpu, least),) = ratios(found)
    ratio = {
        "what": what,
        "by events/s": round(by_speed, 2),
        "by CPU an event": round(by_cpu, 2),
        "wanted": least,
    }
    whole = {"ratio": ratio, **found, "facts": facts, "rounds": rounds}
    (RESULTS / "inbox.json").write_text(json.dumps(whole, indent=1) + "\n")


def _text(found: Found, facts: dict[str, Any]) -> list[str]:
    lines = [
        "# Delivery beside others",
        "",
        "Written by `python -m benchmarks.delivery`; read it with benchmarks/README.md.",
        "",
    ]
    lines += ["| ratio | by events/s | by CPU an event | wanted |", "|---|---:|---:|---:|"]
    lines += [
        f"| {what} | {by_speed:.2f} | {by_cpu:.2f} | {'' if least is None else f'{least:g}'} |"
        for what, by_speed, by_cpu, least in ratios(found)
    ]
    lines += [
        "",
        "| contender | events/s | client us | PostgreSQL us | broker us | peak MB | |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for name, one in sorted(found.items(), key=lambda item: -item[1]["events_per_second"]):
        spent = " | ".join(f"{one['cpu_us'][part]:.0f}" for part in PARTS)
        lines.append(
            f"| {name} | {one['events_per_second']:.0f} | {spent} | {one['rss_mb']:.0f} | {ENTRANTS[name].says} |"
        )
    return [*lines, "", *(f"- {what}: {value}" for what, value in facts.items())]


def _plot(found: Found) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "delivery"
    from matplotlib import pyplot as plot

    figure, (left, right) = plot.subplots(1, 2, figsize=(11, 4.5), sharey=True)
    names = sorted(found, key=lambda name: found[name]["events_per_second"])
    speeds = [found[name]["events_per_second"] for name in names]
    bars = left.barh(names, speeds, color="#1a5fa8")
    left.bar_label(bars, [f"{speed:,.0f}" for speed in speeds], padding=3, fontsize=8)
    left.set_xlabel("events a second (one run on one machine: compare, do not quote)")
    left.margins(x=0.15)
    so_far = [0.0] * len(names)
    for part, colour in zip(PARTS, ("#1a5fa8", "#c8811a", "#5d7f3a"), strict=True):
        each = [found[name]["cpu_us"][part] for name in names]
        right.barh(names, each, left=so_far, label=part, color=colour)
        so_far = [one + more for one, more in zip(so_far, each, strict=True)]
    right.set_xscale("symlog", linthresh=100)
    right.set_xlabel("CPU microseconds an event (logarithmic above 100)")
    right.legend()
    figure.tight_layout()
    figure.savefig(RESULTS / "delivery.svg", metadata={"Date": None})
