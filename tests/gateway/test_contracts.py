import copy
import json

import pytest

from services.gateway import catalogue, contracts, rules
from services.gateway.faults import SAYINGS
from services.gateway.refusals import REFUSALS
from services.gateway.vocabulary import EVENTS, MEANINGS_ZH, PUBLIC_NAMES
from shared.events.enterprise import TraineeRated

PERSONAL = {
    "name",
    "first_name",
    "last_name",
    "phone",
    "telephone",
    "id_number",
    "address",
    "email",
    "wechat",
}


def test_every_event_keeps_its_committed_contract():
    assert contracts.problems() == []


def changed(**change):
    before = catalogue.schema_of(TraineeRated)
    after = copy.deepcopy(before)
    for name, field in change.items():
        if field is None:
            del after["properties"][name]
        else:
            after["properties"][name] = field
    return before, after


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"level": None}, "level: is gone"),
        ({"observed_on": {"type": "integer"}}, "observed_on: was ['string'], is ['integer']"),
        ({"competency": {"type": "string", "pattern": "^x$"}}, "competency: has another pattern"),
    ],
)
def test_an_incompatible_change_is_named(change, said):
    assert said in contracts.breaks(*changed(**change))


def test_a_new_required_field_breaks_and_a_new_optional_one_does_not():
    before, after = changed(shift={"type": "string"})
    assert contracts.breaks(before, after) == []

    after["required"] = [*after["required"], "shift"]

    assert contracts.breaks(before, after) == ["shift: is required now"]


def test_a_removed_event_is_named(tmp_path):
    (tmp_path / "tailored.enterprise.gone.v1.json").write_text(json.dumps({"type": "object"}))

    assert (
        "tailored.enterprise.gone.v1: is gone; keep it until nobody says or hears it"
        in contracts.problems(tmp_path)
    )


@pytest.mark.parametrize("name", PUBLIC_NAMES)
def test_every_public_event_has_a_meaning_in_both_languages_and_an_example_that_is_accepted(name, enterprise):
    kind = PUBLIC_NAMES[name]

    rules.believe(kind, catalogue.example_data(kind), enterprise)

    assert MEANINGS_ZH[name]
    assert kind.__doc__


def test_every_refusal_has_words_and_a_way_out_in_both_languages():
    assert len({each.code for each in REFUSALS}) == len(REFUSALS)
    for each in REFUSALS:
        assert all([each.zh, each.title(), each.remedy, each.remedy_zh])
    assert all(all(saying) for saying in SAYINGS.values())


def fields(schema):
    for part in (schema, *schema.get("$defs", {}).values()):
        yield from part.get("properties", {})


@pytest.mark.parametrize("name", EVENTS)
def test_no_event_carries_a_name_or_a_number_of_a_person(name):
    assert set(fields(catalogue.schema_of(EVENTS[name]))) & PERSONAL == set()


async def test_the_catalogue_is_open_and_says_what_an_integrator_needs(client):
    whole = (await client.get("/v1/catalogue")).json()
    one = (await client.get("/v1/catalogue/TraineeRated")).json()

    assert len(whole["types"]) == len(PUBLIC_NAMES)
    assert {each["code"] for each in whole["refusals"]} >= {"E-GTW-KEY", "E-GTW-SCHEMA"}
    assert set(one["snippets"]) == {"curl", "python", "java"}
    assert one["schema"]["additionalProperties"] is False
    assert (await client.get("/v1/catalogue/Nonsense")).status_code == 404
