"""`tailored match`: who gets which seat, from plain files to a plain file. No server, no database."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services.recruitment import matching
from services.recruitment.market import Market, pools_of
from services.recruitment.market_file import BadMarket, load
from services.recruitment.result_file import EXPLAINED, result
from tailored.language import chinese
from tailored.match_files import BadFile, read
from tailored.match_picture import picture as draw

BAD_INPUT = 2


def match(
    market: Annotated[
        list[Path],
        typer.Argument(
            metavar="MARKET.json | PROGRAMMES.csv APPLICANTS.csv | MARKET.xlsx",
            help="A market as JSON, as a pair of CSV files, or as one workbook with those two sheets. 市场文件。",
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="Write the result here as JSON. 结果文件。")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON. 以 JSON 输出。")] = False,  # noqa: FBT002 - a flag
    picture: Annotated[Path | None, typer.Option(help="Draw the cut-offs by pool as SVG. 录取线图。")] = None,
    explain: Annotated[
        bool | None,
        typer.Option(
            help="Say what each refused applicant would have needed, verified by deciding again. 说明。"
        ),
    ] = None,
) -> None:
    """决定录取。Decide who gets which seat: applicant-proposing deferred acceptance over seat pools."""
    if len(market) > 2:
        _refuse("", "最多给出两个文件", "give one file, or a pair")
    try:
        source = read(market)
    except BadFile as bad:
        _refuse(bad.where, bad.zh, bad.en)
    try:
        read_market = load(source.document)
    except BadMarket as bad:
        _refuse(source.where(bad), bad.what.zh, bad.what.en)
    wanted = len(read_market.preferences) <= EXPLAINED if explain is None else explain
    answer = result(read_market, matching.match(read_market), explain=wanted)
    written = json.dumps(answer, ensure_ascii=False, indent=1)
    try:
        if out:
            out.write_text(written + "\n", encoding="utf-8")
        if picture:
            picture.write_text(draw(answer, chinese=chinese()), encoding="utf-8")
    except OSError as bad:
        _refuse(str(bad.filename or out), "无法写入", f"cannot be written: {bad.strerror}")
    if as_json:
        print(written)
    else:
        _summary(read_market, answer)


def _refuse(where: str, zh: str, en: str) -> None:
    """Exit 2 with what is wrong and where."""
    message = zh if chinese() else en
    print_to = Console(stderr=True, highlight=False, soft_wrap=True)
    print_to.print(f"{where}: {message}" if where else message, markup=False)
    raise typer.Exit(BAD_INPUT)


def _summary(market: Market, answer: dict[str, Any]) -> None:
    """A table a person can read."""
    zh = chinese()
    console = Console(highlight=False, markup=False, emoji=False)
    head = (
        ("项目", "名额类别", "名额", "录取", "录取线")
        if zh
        else ("programme", "pool", "seats", "admitted", "cut-off")
    )
    table = Table(*head)
    admitted = [(row["programme"], row["pool"]) for row in answer["matches"] if row["programme"]]
    cuts = {(cut["programme"], cut["pool"]): cut.get("cutoff") for cut in answer["cutoffs"]}
    for programme in market.programmes:
        for name, seats, _ in pools_of(programme):
            cut = cuts.get((programme.id, name))
            closed = ("不开班" if zh else "closed") if programme.id in answer["closed"] else ""
            shown = closed or ("-" if cut is None else f"{cut:g}")
            table.add_row(programme.id, name, str(seats), str(admitted.count((programme.id, name))), shown)
    console.print(table)
    n, free = len(answer["matches"]), sum(answer["unfilled"].values())
    pairs = answer["blocking_pairs"]
    console.print(
        f"{n} 名申请人，录取 {len(admitted)} 名，空余名额 {free}，阻塞对 {pairs}。"
        if zh
        else f"{n} applicants, {len(admitted)} admitted, {free} seats left, {pairs} blocking pairs."
    )
    if answer["closed"]:
        console.print(
            "有最低人数要求时，如实填报未必总是最优，分数更高也未必总有利。"
            if zh
            else "With minimum class sizes, misreporting may pay and a better score may hurt in rare markets."
        )
