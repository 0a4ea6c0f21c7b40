"""`tailored match` on the export of a run gives what the service told its applicants, whatever the rules of the run."""

import json
import random
from datetime import date
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from tailored.cli import app as command
from tests.recruitment.world import A_TEMPLATE, API, an_intake, apply_all, people, post

GROUPS = A_TEMPLATE["source_groups"]
SELECTION = A_TEMPLATE["selection"]


def groups(*, hard: bool) -> list[dict]:
    local, employees = GROUPS
    return [{**local, "hard_quota": hard}, {**employees, "reserved_share": 0.25, "hard_quota": not hard}]


def applicants(n: int, seed: int, marks: tuple[int, ...] = (60, 70, 80)) -> list[dict]:
    """Few different marks, so that the lottery decides about many."""
    dice = random.Random(seed)
    return [
        {
            "applicant_id": str(uuid4()),
            "facts": {
                "place": dice.choice(("pingshan", "elsewhere")),
                "entrance_score": dice.choice(marks),
                "years_of_service": dice.choice((0, 5)),
            },
        }
        for _ in range(n)
    ]


async def apply_in_order(client, coordinator, rows, intakes, seed):
    """Everybody ranks some of the intakes."""
    dice = random.Random(seed)
    wishes = {
        row["applicant_id"]: dice.sample(range(len(intakes)), dice.randint(1, len(intakes))) for row in rows
    }
    for at, intake in enumerate(intakes):
        asked = [
            {**row, "preference": wishes[row["applicant_id"]].index(at) + 1}
            for row in rows
            if at in wishes[row["applicant_id"]]
        ]
        await apply_all(client, coordinator, intake, asked)


async def told(client, coordinator, intakes) -> tuple[dict, set[str], set[str]]:
    """Who was offered which pool of which intake, who waits anywhere, and which intakes were refused."""
    offered, waiting, refused = {}, set(), set()
    for intake in intakes:
        url = f"{API}/intakes/{intake['intake_id']}"
        rows = (await client.get(f"{url}/outcomes", headers=coordinator)).json()
        offered |= {
            row["applicant_id"]: (intake["intake_id"], row["pool"])
            for row in rows
            if row["state"] == "offered"
        }
        waiting |= {row["applicant_id"] for row in rows if row["state"] == "waiting"}
        state = (await client.get(url, headers=coordinator)).json()["state"]
        refused |= {intake["intake_id"]} if state == "refused" else set()
    return offered, waiting, refused


async def decided_again(client, coordinator, intakes, folder) -> tuple[dict, set[str], set[str], dict]:
    """The same from the export, which every intake of the run has alike."""
    exports = [
        (await client.get(f"{API}/intakes/{each['intake_id']}/market.json", headers=coordinator)).json()
        for each in intakes
    ]
    assert all(each == exports[0] for each in exports)
    found = decide(exports[0], folder)
    offered = {
        row["applicant"]: (row["programme"], row["pool"]) for row in found["matches"] if row["programme"]
    }
    waiting = {row["applicant"] for row in found["matches"] if row["reason"] == "below-cutoff"}
    return offered, waiting, set(found["closed"]), exports[0]


def decide(market: dict, folder) -> dict:
    stored = folder / "market.json"
    stored.write_text(json.dumps(market), encoding="utf-8")
    done = CliRunner(env={"LANG": "en"}).invoke(command, ["match", str(stored), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["blocking_pairs"] == 0
    return found


@pytest.mark.parametrize(
    ("order", "below"),
    [
        ((True, True), "refuse"),
        ((False, False), "refuse"),
        ((True, True), "merge"),
        ((True, False), "refuse"),
    ],
)
@pytest.mark.parametrize("hard", [True, False])
async def test_several_intakes_with_pools_a_class_below_its_minimum_and_ties_are_decided_the_same(
    client, coordinator, programme, tmp_path, order, below, hard
):
    rules, other = ({**SELECTION, "reserve_first": first} for first in order)
    intakes = [
        await an_intake(
            client, coordinator, programme, seats=8, selection=rules, source_groups=groups(hard=hard)
        ),
        await an_intake(
            client, coordinator, programme, seats=6, selection=other, source_groups=groups(hard=not hard)
        ),
        await an_intake(
            client,
            coordinator,
            programme,
            seats=40,
            selection={**rules, "minimum": 40, "below_minimum": below},
            source_groups=groups(hard=False),
        ),
    ]
    await apply_in_order(client, coordinator, applicants(45, seed=3), intakes, seed=4)
    await post(client, coordinator, "/selections", {"intake_ids": [each["intake_id"] for each in intakes]})
    offered, waiting, refused = await told(client, coordinator, intakes)
    again, _, closed, market = await decided_again(client, coordinator, intakes, tmp_path)
    assert again == offered
    assert closed == refused == {intakes[2]["intake_id"]}
    said = [each.get("pool_order", "reserve-first") for each in market["programmes"]]
    assert said == [("reserve-first" if first else "open-first") for first in (order[0], order[1], order[0])]
    assert {pool for _, pool in offered.values()} == {"open", "local", "employees"}
    assert waiting


async def test_who_waits_in_the_service_is_below_a_cut_off_in_the_file(
    client, coordinator, programme, tmp_path
):
    intakes = [
        await an_intake(client, coordinator, programme, seats=5, source_groups=groups(hard=False))
        for _ in range(2)
    ]
    await apply_in_order(client, coordinator, applicants(30, seed=5), intakes, seed=6)
    await post(client, coordinator, "/selections", {"intake_ids": [each["intake_id"] for each in intakes]})
    offered, waiting, refused = await told(client, coordinator, intakes)
    again, below, closed, _ = await decided_again(client, coordinator, intakes, tmp_path)
    assert (again, closed) == (offered, refused)
    assert below == waiting - offered.keys()


async def test_the_seeds_of_all_intakes_of_a_run_are_the_lottery_of_the_file(
    client, coordinator, programme, tmp_path
):
    free = [{**GROUPS[0], "predicates": [], "reserved_share": 0}]
    intakes = [await an_intake(client, coordinator, programme, seats=5, source_groups=free) for _ in range(2)]
    rows = applicants(40, seed=7, marks=(60,))
    await apply_in_order(client, coordinator, rows, intakes, seed=8)
    await post(client, coordinator, "/selections", {"intake_ids": [each["intake_id"] for each in intakes]})
    shown = [
        (await client.get(f"{API}/intakes/{each['intake_id']}", headers=coordinator)).json()
        for each in intakes
    ]
    offered, _, _ = await told(client, coordinator, intakes)
    again, _, _, market = await decided_again(client, coordinator, intakes, tmp_path)
    assert again == offered
    assert market["lottery_seed"] == ":".join(
        each["seed"] for each in sorted(shown, key=lambda each: each["intake_id"])
    )
    other = decide({**market, "lottery_seed": "another"}, tmp_path)
    assert {row["applicant"] for row in other["matches"] if row["programme"]} != offered.keys()


async def test_intakes_that_select_among_running_cohorts_are_decided_the_same(
    client, coordinator, programme, sessions, tmp_path
):
    phases = [{**A_TEMPLATE["phases"][0], "length": {"amount": 2, "unit": "year"}}]
    body = {"agreement_id": programme["agreement_id"], "template": {**A_TEMPLATE, "phases": phases}}
    long = await post(client, coordinator, "/programmes", body, 201)
    first = await an_intake(client, coordinator, long, seats=8)
    rows = [{**row, "applicant_id": str(uuid4())} for row in people(8)]
    await apply_all(client, coordinator, first, rows)
    await post(client, coordinator, f"/intakes/{first['intake_id']}/select")
    await post(client, coordinator, f"/intakes/{first['intake_id']}/accept")
    await post(
        client, coordinator, f"/intakes/{first['intake_id']}/enrol", {"first_monday": "2021-09-06"}, 201
    )
    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=date(2022, 8, 1)), session)
    body = {"agreement_id": programme["agreement_id"], "template": "early-employment"}
    early = await post(client, coordinator, "/programmes", body, 201)
    selection = {"criteria": [{"fact": "rank_in_class", "weight": 1}]}
    intakes = [await an_intake(client, coordinator, early, seats=3, selection=selection) for _ in range(2)]
    again = [
        {"applicant_id": row["applicant_id"], "facts": {"rank_in_class": 50 + n % 3}}
        for n, row in enumerate(rows)
    ]
    outsider = {"applicant_id": str(uuid4()), "facts": {"rank_in_class": 100}}
    await apply_in_order(client, coordinator, [*again, outsider], intakes, seed=9)
    await post(client, coordinator, "/selections", {"intake_ids": [each["intake_id"] for each in intakes]})
    offered, _, refused = await told(client, coordinator, intakes)
    same, _, closed, market = await decided_again(client, coordinator, intakes, tmp_path)
    assert (same, closed) == (offered, refused)
    assert len(offered) == 6
    assert outsider["applicant_id"] not in offered
    assert not any(outsider["applicant_id"] in each["scores"] for each in market["programmes"])
