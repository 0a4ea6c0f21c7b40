"""What leaves the house: the approval form, the attainment report, the signed badge."""

import base64
import io
import json
import os
import re
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

import openpyxl
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from typer.testing import CliRunner

from services.curriculum import attainment, badges, handlers, printing, publishing, queries, views
from services.curriculum.graduates import Award
from services.curriculum.planning import SETTINGS
from shared.events.feedback import Quote
from shared.events.plan_parts import Hours
from shared.web.identity import Person, Role
from shared.web.language import speaking
from shared.web.page import environment_of
from tailored.cli import app
from tests.curriculum.test_graduating import class_of, coordinator, enrolled
from tests.curriculum.test_hours_and_rules import KINDS, plan

V1 = "/curriculum/v1"
COORDINATOR = Person(person_id=uuid4(), name="coordinator", roles=frozenset({Role.COORDINATOR}))
__all__ = ["class_of", "coordinator"]


@pytest.mark.long
async def test_the_approval_form_is_a_pdf_with_both_stamp_boxes_and_its_chinese_font(
    planned, hear, draft, client, token_for
):
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap(estimate=3.8))
    await draft()
    headers = token_for("coordinator") | {"Accept-Language": "zh"}

    answer = await client.get(f"{V1}/revisions/{opened.revision_id}/form.pdf", headers=headers)

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.content)).pages
    text = "".join(page.extract_text() for page in pages)
    assert "院校意见（盖章）" in text
    assert "企业意见（盖章）" in text
    assert "涉及的协议" in text
    assert re.search(r"各场所学时\s*\S+ \d+", text), text
    fonts = [font.get_object() for page in pages for font in page["/Resources"]["/Font"].values()]
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert all("Noto" in str(font["/BaseFont"]) for font in fonts)
    assert all("/FontFile3" in one or "/FontFile2" in one for one in descriptors), "embedded"
    if kept := os.environ.get("KEEP_PAPERS"):
        Path(kept, "form.pdf").write_bytes(answer.content)


@pytest.mark.long
@pytest.mark.parametrize(
    ("language", "head", "cause", "handed"),
    [("zh", "来源", "能力差距", "受托表决"), ("en", "Source", "Confirmed gap", "votes for a colleague")],
)
async def test_a_form_with_much_evidence_can_be_read_on_every_page(
    language, head, cause, handed, planned, hear, draft, client, voters, sessions
):
    words = [Quote(enterprise_id=planned.enterprise_id, words="取样后没有核对尺寸就放行了。" * 10)]
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap(estimate=3.8, comments=1, quotes=words))
    await draft()
    url, giver = f"{V1}/revisions/{opened.revision_id}", voters["college"][0]
    assert (await client.post(f"{url}/delegations", json={"to": str(uuid4())}, headers=giver)).is_success
    async with sessions() as session:
        shown = await views.revision_shown(session, opened.revision_id, COORDINATOR)
    shown["evidence"] *= 40
    shown["draft"]["changes"][0]["title"] = {"zh": "转炉炼钢终点控制综合实训" * 8, "en": "melt" * 60}

    with speaking(language):
        form = environment_of("curriculum").get_template("papers/approval.html")
        body = form.render(revision=shown, names={}, settings=SETTINGS, day=date(2021, 12, 6))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(printing.pdf(body))).pages]

    assert len(pages) > 4
    evidence = [page for page in pages if cause in page]
    assert all(head in page for page in evidence), "the headings are on each of its pages"
    assert sum(page.count(cause) for page in evidence) == 40, "no column is as narrow as one character"
    assert handed in "".join(pages[-2:]), "who votes for whom stands above the stamps"


def test_a_paper_fetches_nothing_from_anywhere():
    made = printing.pdf('<p>培养方案</p><img src="https://example.org/x.png"><img src="file:///etc/passwd">')

    assert made.startswith(b"%PDF-")
    assert len(made) < 200_000


async def test_attainment_is_the_weighted_mark_and_goes_to_a_workbook(class_of, planned, client, coordinator):
    one, other = uuid4(), uuid4()
    at = await class_of([one, other])
    results = [
        {"trainee_id": str(one), "marks": {"steelmaking": 80, "drawing": 50}},
        {"trainee_id": str(other), "marks": {"steelmaking": 40}},
    ]

    assert (
        await client.post(f"{at}/marks", json={"results": results}, headers=coordinator)
    ).status_code == 201

    report = (await client.get(f"{at}/attainment", headers=coordinator)).json()
    by = {each["competency"]: each for each in report["competencies"]}
    assert by["endpoint"]["attainment"] == pytest.approx(0.6)
    assert (by["endpoint"]["reached"], by["endpoint"]["lowest"]) == (0.5, 0.4)
    # drawing: 40 h at weight 1 and 120 h at 0.5; the second trainee was marked in one module only
    assert by["drawing"]["attainment"] == pytest.approx(((50 * 40 + 80 * 60) / 100 / 100 + 0.4) / 2)
    assert by["casting"]["verdict"] == "no-marks"
    assert report["unmarked"] == ["safety", "casting", "culture"]
    book = await client.get(f"{at}/attainment.xlsx", headers=coordinator)
    sheets = openpyxl.load_workbook(io.BytesIO(book.content))
    assert sheets.sheetnames == ["能力 competencies", "课程 modules", "学员 trainees"]
    assert sheets["学员 trainees"].max_row == 3


async def test_a_mark_counts_by_the_version_under_which_it_was_given(
    class_of, planned, client, coordinator, sessions
):
    learner = uuid4()
    at = await class_of([learner])
    async with sessions.begin() as session:
        first = await queries.version_of(session, planned.plan_id)
        modules = [
            one.model_copy(update={"hours": Hours(theory=10)}) if one.module == "drawing" else one
            for one in first.modules
        ]
        second = first.model_copy(update={"plan_version": 2, "modules": modules, "content_hash": "2"})
        await publishing.keep_version(session, second, date(2022, 1, 10))
        publishing.put_in_force(session, planned.cohort_id, planned.plan_id, 2, (8, date(2022, 1, 24)))

    for day, marks in (("2022-01-23", {"drawing": 50}), ("2022-01-24", {"steelmaking": 80})):
        body = {"results": [{"trainee_id": str(learner), "marks": marks}], "marked_on": day}
        assert (await client.post(f"{at}/marks", json=body, headers=coordinator)).status_code == 201

    report = (await client.get(f"{at}/attainment", headers=coordinator)).json()
    by = {each["competency"]: each for each in report["competencies"]}
    assert report["plan_version"] == 2
    # 40 h of drawing, as version 1 has it, and half of the 120 h of steelmaking
    assert by["drawing"]["attainment"] == pytest.approx((50 * 40 + 80 * 60) / 100 / 100)


@pytest.mark.long
async def test_the_attainment_report_is_a_pdf_too(class_of, planned, client, coordinator):
    learner = uuid4()
    at = await class_of([learner])
    marks = {"results": [{"trainee_id": str(learner), "marks": {"casting": 70}}]}
    await client.post(f"{at}/marks", json=marks, headers=coordinator)

    answer = await client.get(f"{at}/attainment.pdf", headers=coordinator)

    assert answer.content.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("marks", "said"), [({"nothing": 50}, "no module of plan version 1"), ({"casting": 101}, "100")]
)
async def test_marks_that_do_not_fit_are_refused(class_of, client, coordinator, marks, said):
    learner = uuid4()
    at = await class_of([learner])

    body = {"results": [{"trainee_id": str(learner), "marks": marks}]}
    answer = await client.post(f"{at}/marks", json=body, headers=coordinator)

    assert answer.status_code == 422
    assert said in answer.text


@given(st.dictionaries(st.uuids(), st.dictionaries(st.sampled_from(["politics", "maths", "steel", "rolling"]), st.floats(0, 100), min_size=1), max_size=6))  # fmt: skip
def test_an_attainment_lies_between_the_lowest_and_the_highest_mark(marks):
    report = attainment.report(plan(KINDS), marks)

    points = [value / 100 for marked in marks.values() for value in marked.values()]
    for one in report.competencies:
        if one.attainment is not None:
            assert min(points) - 1e-9 <= one.attainment <= max(points) + 1e-9


async def test_a_badge_is_verified_without_a_network_and_no_longer_once_it_is_revoked(
    class_of, client, coordinator, tmp_path
):
    at = await class_of([uuid4()])
    [award] = (await client.post(f"{at}/credentials", json={}, headers=coordinator)).json()
    url = f"{V1}/credentials/{award['credential_id']}"
    issuer = f"/curriculum/issuers/{award['college_id']}"
    token = (await client.get(f"{url}/signed", headers=coordinator)).text
    (tmp_path / "badge.jwt").write_text(token)
    (tmp_path / "keys.json").write_text((await client.get(f"{issuer}/keys")).text)
    assert '"d"' not in (tmp_path / "keys.json").read_text()
    (tmp_path / "before.jwt").write_text((await client.get(f"{issuer}/revocations")).text)
    command = ["credential", "verify", str(tmp_path / "badge.jwt"), "--keys", str(tmp_path / "keys.json")]

    holds = CliRunner().invoke(app, [*command, "--revocations", str(tmp_path / "before.jwt"), "--json"])

    assert holds.exit_code == 0, holds.output
    told = json.loads(holds.output)
    assert told["credential"]["credentialSubject"]["achievement"]["criteria"]["id"].endswith(":1")
    await client.post(f"{V1}/issuers/{award['college_id']}/keys", headers=coordinator)
    revoked = await client.post(f"{url}/revoke", json={"reason": "awarded by mistake"}, headers=coordinator)
    assert revoked.status_code == 200, revoked.text
    (tmp_path / "keys.json").write_text((await client.get(f"{issuer}/keys")).text)
    (tmp_path / "after.jwt").write_text((await client.get(f"{issuer}/revocations")).text)
    gone = CliRunner().invoke(app, [*command, "--revocations", str(tmp_path / "after.jwt")])
    assert gone.exit_code == 1
    assert "awarded by mistake" in gone.output
    again = (await client.get(f"{url}/signed", headers=coordinator)).text
    assert again == token, "what was given out stays as it is"


def award() -> Award:
    return Award(
        credential_id=uuid4(), cohort_id=uuid4(), trainee_id=uuid4(), college_id=uuid4(), title={"zh": "证", "en": "c"},
        degree=False, plan_id=uuid4(), plan_version=2, competencies=["casting"], awarded_on=date(2022, 7, 1),
    )  # fmt: skip


def test_a_badge_that_was_changed_or_signed_by_another_does_not_hold():
    from joserfc.jwk import OKPKey

    mine, other = (OKPKey.generate_key("Ed25519", auto_kid=True) for _ in range(2))
    given_out = award()
    claims = badges.claims_of(badges.badge(given_out, {}, "https://college.test"))
    token = badges.sign(claims, mine.as_dict(private=True))
    keys = {"keys": [mine.as_dict(private=False)]}
    assert badges.verify(token, keys).holds

    head, body, signature = token.split(".")
    forged = badges.sign({**claims, "name": "Master"}, mine.as_dict(private=True)).split(".")[1]
    assert not badges.verify(f"{head}.{forged}.{signature}", keys).holds
    assert not badges.verify(token, {"keys": [other.as_dict(private=False)]}).holds
    assert not badges.verify(body, keys).holds
    another = badges.sign({**claims, "sub": "urn:uuid:somebody"}, mine.as_dict(private=True))
    assert "claims differ" in badges.verify(another, keys).why
    own = badges.sign(claims, other.as_dict(private=True))
    assert "none of the issuer's" in badges.verify(own, keys).why, (
        "a key that it brings itself proves nothing"
    )
    strange = badges.sign(
        badges.revocations("urn:uuid:x", [], date(2022, 7, 2), "https://college.test/x"),
        mine.as_dict(private=True),
    )
    assert badges.verify(token, keys, strange).why == "the revocation list is another issuer's"


def test_a_badge_that_was_given_out_with_the_name_of_its_key_still_holds():
    from joserfc import jwt
    from joserfc.jwk import OKPKey

    older, newer = (OKPKey.generate_key("Ed25519", auto_kid=True) for _ in range(2))
    claims = badges.claims_of(badges.badge(award(), {}, ""))
    head = {"alg": "Ed25519", "typ": "vc+jwt", "kid": older.kid}
    token = jwt.encode(head, claims, older, algorithms=["Ed25519"])

    assert badges.verify(token, {"keys": [one.as_dict(private=False) for one in (newer, older)]}).holds


def bytes_of(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def holds_for_a_stranger(token: str, keys: list[dict[str, str]]) -> bool:
    """What Open Badges 3.0 asks of a verifier of the JWT proof, with nothing of ours: `cryptography` and the base."""
    head, body, signature = token.split(".")
    header = json.loads(bytes_of(head))
    assert header.keys() == {"alg", "typ", "jwk"}
    assert "d" not in header["jwk"]
    assert header["jwk"]["x"] in {one["x"] for one in keys}
    key = Ed25519PublicKey.from_public_bytes(bytes_of(header["jwk"]["x"]))
    try:
        key.verify(bytes_of(signature), f"{head}.{body}".encode())
    except InvalidSignature:
        return False
    claims = json.loads(bytes_of(body))
    assert claims["iss"] == claims["issuer"]["id"]
    assert claims["jti"] == claims["id"]
    assert claims["sub"] == claims["credentialSubject"]["id"]
    assert claims["nbf"] == datetime.fromisoformat(claims["validFrom"]).timestamp()
    return True


async def test_a_stranger_verifies_a_badge_with_a_library_of_signatures_alone(
    class_of, client, coordinator, planned
):
    at = await class_of([uuid4()])
    [award] = (await client.post(f"{at}/credentials", json={}, headers=coordinator)).json()
    url, issuer = (
        f"{V1}/credentials/{award['credential_id']}",
        f"/curriculum/issuers/{award['college_id']}",
    )
    state = client.app.state
    state.settings = state.settings.model_copy(update={"oidc_public_url": "https://tailored.test/"})
    forged = {"Host": "elsewhere.test", "X-Forwarded-Proto": "http"}
    token = (await client.get(f"{url}/signed", headers=coordinator | forged)).text
    keys = (await client.get(f"{issuer}/keys")).json()["keys"]
    head, body, signature = token.split(".")
    badge = json.loads(bytes_of(body))

    assert holds_for_a_stranger(token, keys)
    letter = "B" if body[200] == "A" else "A"
    assert not holds_for_a_stranger(f"{head}.{body[:200]}{letter}{body[201:]}.{signature}", keys)
    achievement = badge["credentialSubject"]["achievement"]
    assert achievement["criteria"]["id"] == f"urn:tailored:plan:{planned.plan_id}:1"
    assert [one["targetCode"] for one in achievement["alignment"]] == award["competencies"]

    status = badge["credentialStatus"]
    assert status["type"] == "1EdTechRevocationList"
    assert status["id"].startswith("https://tailored.test/curriculum/")
    there = status["id"].removeprefix("https://tailored.test/")
    plain = {"Accept": "application/json"}
    assert (await client.get(f"/{there}", headers=plain)).json()["revokedCredentials"] == []
    await client.post(f"{url}/revoke", json={"reason": "awarded by mistake"}, headers=coordinator)
    told = (await client.get(f"/{there}", headers=plain)).json()
    assert told["issuer"] == badge["issuer"]["id"]
    assert [one["id"] for one in told["revokedCredentials"]] == [badge["id"]]


def test_bad_input_to_the_command_is_one_line_and_exit_2(tmp_path):
    (tmp_path / "badge.jwt").write_text("x")
    (tmp_path / "keys.json").write_text("[]")

    answer = CliRunner().invoke(
        app, ["credential", "verify", str(tmp_path / "badge.jwt"), "--keys", str(tmp_path / "keys.json")]
    )

    assert answer.exit_code == 2
    assert "keys.json: this is no set of keys" in answer.output


assert enrolled
