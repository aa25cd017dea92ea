"""What the matrix calls: for each route the objects it is tried on and a request that would be right for somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from flask import Flask
from PIL import Image

from dealflow.accounts.models import ApiToken, Membership, UserSession
from dealflow.core import db, ids, jobs
from dealflow.core.actor import SYSTEM
from dealflow.core.jobs import Job
from dealflow.core.money import Money
from dealflow.dataroom.service import guests
from dealflow.deals.models import MoveApproval
from dealflow.files import service as files
from dealflow.ledger import queries as books
from dealflow.ledger import service as ledger
from dealflow.ledger.service import Draft, Line, Side
from dealflow.notify.models import Notification, Webhook, WebhookDelivery
from tests.conftest import Person
from tests.factories import distributions, pitches, rooms
from tests.factories.world import MANDATE, World
from tests.sweep import matrix_distributions, matrix_funds, matrix_portfolio, matrix_settlement
from tests.sweep.routes import Route, routes

# Names of objects in the world, by the parameter of the address that they stand for.
PROJECTS = ("draft", "invited", "private", "published")
OBJECTS: dict[str, tuple[str, ...]] = {
    "project_id": PROJECTS,
    "mandate_id": ("mandate",),
    "deal_id": ("deal",),
    "term_sheet_id": ("sheet", "proposed"),
    "comment_id": ("comment",),
    "import_id": ("import", "upload"),
    "membership_id": ("membership",),
    "invitation_id": ("invitation",),
    "token_id": ("token",),
    "session_id": ("session",),
    "job_id": ("job",),
    "user_id": ("user",),
    "organisation_id": ("guest",),
    "file_id": ("file",),
    "notification_id": ("notification",),
    "book_id": ("book",),
    "entry_id": ("entry",),
    "account_id": ("account",),
    "pipeline_id": ("pipeline",),
    "reason_id": ("reason",),
    "filter_id": ("filter",),
    "batch_id": ("batch",),
    "approval_id": ("approval",),
    "webhook_id": ("webhook",),
    "delivery_id": ("delivery",),
    "introduction_id": ("introduction", "answered"),
    "document_id": ("document",),
    "folder_id": ("folder",),
    "grant_id": ("grant",),
    "question_id": ("question",),
    "link_id": ("link",),
    "release_id": ("release",),
    "receipt_id": ("receipt",),
    "statement_id": ("statement",),
}
# Parameters that are no ids of objects.
WORDS = {
    "code": "NONE",
    "step": "basics",
    "filename": "css/base.css",
    "secret": "none",
    "variant": "small",
    "clause": "law",
    "parameter": "new",
}
# Routes whose object is named in the query or the body: the matrix tries each of these.
CHOSEN = {
    "POST /api/v1/deals": ("draft", "fresh", "private", "published"),
    "POST /deals": ("draft", "fresh", "private", "published"),
    "GET /term-sheets/new": PROJECTS,
    "POST /api/v1/introductions": PROJECTS,
    "GET /introductions/new": PROJECTS,
    "POST /introductions": PROJECTS,
    "POST /term-sheets": ("draft", "fresh", "private", "published"),
}
WEBHOOK = {"label": "CRM", "url": "https://hooks.example/dealflow", "kinds": ["deal.opened"]}
# Data rooms are opened by grants alone, so that a project that is shown to some differs in nothing from a draft.
# So are its releases, by a signed deal.
ROOM_ROUTES = re.compile(
    r"/projects/{project_id}/(data-room|documents|folders|grants|nda|releases|receipts|ad-spend|evidence|statements|ledger|distributions)\b"
)
ROOM_PROJECTS = ("draft", "published")
RECEIPT: dict[str, Any] = {
    "amount": {"amount_minor": 5, "currency": "CNY"},
    "on": "2026-10-01",
    "source": "hongguo",
    "evidence_class": "self_reported",
    "external_ref": "new",
}
CORRECTION = {"amount": {"amount_minor": 1, "currency": "CNY"}, "reason": "a slip", "external_ref": "newer"}
FIGURES = {"on": "2026-10-01", "plays": 5, "evidence_class": "self_reported", "source": "own"}
JSON_BODIES: dict[str, Any] = {
    "POST /api/v1/webhooks": WEBHOOK,
    "POST /api/v1/projects": pitches.complete(),
    "PATCH /api/v1/projects/{project_id}": {"logline": "changed"},
    "POST /api/v1/projects/{project_id}/invitations": {"organisation_id": "<guest>"},
    "POST /api/v1/genres": {"term": "silk_road", "zh": "丝路", "en": "Silk Road", "facet": "setting"},
    "POST /api/v1/mandates": {"name": "new", "capital": MANDATE["capital"]},
    "PATCH /api/v1/mandates/{mandate_id}": {"name": "changed"},
    "POST /api/v1/deals": {"project_id": "<object>"},
    "POST /api/v1/deals/{deal_id}/transitions": {"to": "intro"},
    "PATCH /api/v1/deals/{deal_id}": {"next_step": "call them"},
    "POST /api/v1/deals/moves": {"deals": [{"id": "<deal>"}], "stage_id": "<stage>"},
    "POST /api/v1/deals/{deal_id}/approvals/{approval_id}/refuse": {"answer": "not yet"},
    "POST /api/v1/introductions": {"project_id": "<object>"},
    "POST /api/v1/introductions/{introduction_id}/decline": {"answer": "not now"},
    "POST /api/v1/pipelines": {"name": "second"},
    "PATCH /api/v1/pipelines/{pipeline_id}": {"name": "changed"},
    "POST /api/v1/close-reasons": {"outcome": "won", "label": "luck"},
    "POST /api/v1/deal-filters": {"name": "mine", "query": {"open": "true"}},
    "POST /api/v1/deals/{deal_id}/term-sheets": {"template": "loan", "terms": {}},
    "POST /api/v1/term-sheets/{term_sheet_id}/versions": {"base_version": 1, "terms": {"governing_law": "x"}},
    "POST /api/v1/clause-library": {"library": {}, "base_version": 1},
    "POST /api/v1/clause-library/preview": {"library": {}, "template": "loan", "clause": "law"},
    "POST /api/v1/term-sheets/{term_sheet_id}/comments": {"clause": "law", "text": "x"},
    "POST /api/v1/waterfalls/simulate": {"terms": {}, "receipts": []},
    "POST /api/v1/invitations": {"email": "new@example.test", "role": "member"},
    "PATCH /api/v1/members/{membership_id}": {"role": "viewer"},
    "PATCH /api/v1/organisation": {"about": "changed"},
    "POST /api/v1/mandates/{mandate_id}/feedback": {"project_id": "<published>", "action": "save"},
    "POST /api/v1/exchange-rates": {
        "base": "USD",
        "quote": "CNY",
        "on": "2026-01-05",
        "rate": "7.01",
        "source": "bank",
    },
    "POST /api/v1/books/{book_id}/close": {"through": "2020-01-31"},
    "POST /api/v1/books/{book_id}/reopen": {"reason": "late"},
    "POST /api/v1/term-sheets/{term_sheet_id}/sign/decline": {"reason": "no"},
    "POST /api/v1/term-sheets/{term_sheet_id}/sign/stop": {"reason": "no"},
    "POST /api/v1/projects/{project_id}/folders": {"name": "new"},
    "PATCH /api/v1/folders/{folder_id}": {"name": "changed"},
    "PATCH /api/v1/documents/{document_id}": {"name": "changed.pdf"},
    "POST /api/v1/projects/{project_id}/grants": {"organisation_id": "<guest>"},
    "POST /api/v1/projects/{project_id}/nda/texts": {"source": "own", "text_en": "Keep it to yourself."},
    "POST /api/v1/documents/{document_id}/questions": {"text": "Why?"},
    "POST /api/v1/questions/{question_id}/answers": {"text": "Because."},
    "POST /api/v1/projects/{project_id}/releases": {"platform": "douyin", "released_on": "2026-09-01"},
    "PATCH /api/v1/releases/{release_id}": {"title": "changed"},
    "POST /api/v1/releases/{release_id}/withdraw": {"reason": "a slip"},
    "POST /api/v1/releases/{release_id}/figures": FIGURES,
    "POST /api/v1/projects/{project_id}/receipts": RECEIPT,
    "POST /api/v1/receipts/{receipt_id}/corrections": CORRECTION,
    "POST /api/v1/projects/{project_id}/ad-spend": RECEIPT,
    "POST /api/v1/statements/{statement_id}/plan": {"territory": "CN"},
}
FORMS: dict[str, dict[str, Any]] = {
    "POST /settings/webhooks": WEBHOOK,
    "POST /deals": {"project_id": "<object>"},
    "POST /deals/{deal_id}/transitions": {"to": "intro"},
    "POST /deals/{deal_id}/notes": {"text": "a note"},
    "POST /deals/moves": {"deal": "<deal>", "stage_id": "<stage>"},
    "POST /deals/{deal_id}/own": {"next_step": "call them"},
    "POST /deals/{deal_id}/approvals/{approval_id}/refuse": {"answer": "not yet"},
    "POST /introductions": {"project_id": "<object>"},
    "POST /introductions/{introduction_id}/decline": {"answer": "not now"},
    "POST /deals/pipelines": {"name": "second"},
    "POST /deals/reasons": {"outcome": "won", "label": "luck"},
    "POST /deals/filters": {"name": "mine", "open": "true"},
    "POST /mandates/new": {"name": "x", "capital": "1000000"},
    "POST /mandates/{mandate_id}/edit": {"name": "x", "capital": "1000000", "version": "1"},
    "POST /projects/{project_id}/media": {"kind": "poster", "file": "<picture>"},
    "POST /mandates/{mandate_id}/matches/{project_id}": {"action": "save"},
    "POST /projects/import": {"file": "<table>"},
    "POST /mandates/import": {"file": "<table>"},
    "POST /mandates/{mandate_id}/pause": {"version": "1"},
    "POST /mandates/{mandate_id}/resume": {"version": "1"},
    "POST /projects/new": {"title_zh": "新项目", "title_en": ""},
    "POST /projects/{project_id}/edit/{step}": {"title_zh": "新名"},
    "POST /projects/{project_id}/autosave/{step}": {"title_zh": "新名"},
    "POST /projects/{project_id}/invitations": {"organisation_id": "<guest>"},
    "POST /projects/genres": {"term": "silk_road", "zh": "丝路", "en": "Silk Road", "facet": "setting"},
    "POST /term-sheets": {"project_id": "<object>", "template": "loan"},
    "POST /exchange-rates": {
        "base": "USD",
        "quote": "CNY",
        "on": "2026-01-05",
        "rate": "7.01",
        "source": "bank",
    },
    "POST /books/{book_id}/close": {"through": "2020-01-31"},
    "POST /books/{book_id}/reopen": {"reason": "late"},
    "POST /term-sheets/{term_sheet_id}/comments": {"clause": "law", "text": "x"},
    "POST /term-sheets/{term_sheet_id}/reject": {"reason": "x"},
    "POST /settings": {"name": "x", "locale": "zh", "time_zone": "Asia/Shanghai"},
    "POST /settings/members": {"email": "new@example.test", "role": "member"},
    "POST /settings/members/{membership_id}/role": {"role": "viewer"},
    "POST /settings/organisation": {"organisation": "<own>"},
    "POST /settings/organisation/edit": {"name": "x", "version": "1"},
    "POST /settings/organisations/new": {"name": "x", "kind": "creator"},
    "POST /settings/tokens": {"label": "x", "days": "30", "scopes": "read"},
    "POST /mandates/{mandate_id}/feedback": {"project_id": "<published>", "action": "save"},
    "POST /settings/seal": {"words": "seal"},
    "POST /api/v1/projects/{project_id}/documents": {"file": "<document>"},
    "POST /api/v1/documents/{document_id}/versions": {"file": "<document>"},
    "POST /projects/{project_id}/documents": {"file": "<document>"},
    "POST /api/v1/projects/{project_id}/evidence": {"file": "<document>"},
    "POST /api/v1/projects/{project_id}/statements": {"file": "<table>"},
    "POST /projects/{project_id}/statements": {"file": "<table>"},
    "POST /projects/{project_id}/releases": {
        "platform": "douyin",
        "territory": "CN",
        "released_on": "2026-09-01",
    },
    "POST /releases/{release_id}": {
        "platform": "douyin",
        "territory": "CN",
        "released_on": "2026-09-01",
        "version": "1",
    },
    "POST /releases/{release_id}/withdraw": {"reason": "a slip"},
    "POST /releases/{release_id}/figures": FIGURES,
    "POST /projects/{project_id}/receipts": RECEIPT | {"amount": "5"},
    "POST /projects/{project_id}/ad-spend": RECEIPT | {"amount": "5"},
    "POST /receipts/{receipt_id}/corrections": CORRECTION | {"amount": "5"},
    "POST /statements/{statement_id}/plan": {
        "preset": "own",
        "currency": "CNY",
        "evidence_class": "platform_statement",
        "column-0": "on",
        "column-2": "amount",
    },
    "POST /documents/{document_id}/versions": {"file": "<document>"},
    "POST /documents/{document_id}/edit": {"name": "changed.pdf", "version": "1"},
    "POST /documents/{document_id}/seen": {"access": "<access>", "pages": "1:2"},
    "POST /documents/{document_id}/questions": {"text": "Why?"},
    "POST /questions/{question_id}/answers": {"text": "Because."},
    "POST /projects/{project_id}/folders": {"name": "new"},
    "POST /folders/{folder_id}": {"name": "changed", "version": "1"},
    "POST /projects/{project_id}/data-room/grants": {"organisation_id": "<guest>", "level": "view"},
    "POST /projects/{project_id}/data-room/links": {"email": "reader@example.test", "days": "7"},
    "POST /projects/{project_id}/data-room/nda/texts": {
        "source": "own",
        "text_zh": "",
        "text_en": "Keep it to yourself.",
    },
}
QUERIES = {
    "GET /introductions/new": {"project_id": "<object>"},
    "GET /term-sheets/new": {"project_id": "<object>"},
    "GET /clause-library/diff": {"from": "1", "to": "1"},
    "GET /api/v1/clause-library/diff": {"from": "1", "to": "1"},
    "GET /term-sheets/{term_sheet_id}/diff": {"from": "1", "to": "1"},
    "DELETE /api/v1/projects/{project_id}/grants": {"organisation_id": "<guest>"},
    "GET /documents/{document_id}/pages/{page}": {"access": "<access>"},
    "GET /api/v1/term-sheets/{term_sheet_id}/diff": {"from": "1", "to": "1"},
}
for _room in (matrix_distributions, matrix_funds, matrix_portfolio, matrix_settlement):
    OBJECTS |= _room.OBJECTS
    JSON_BODIES |= _room.JSON_BODIES
    FORMS |= _room.FORMS
WORDS |= matrix_portfolio.WORDS
QUERIES |= matrix_portfolio.QUERIES


@dataclass(frozen=True)
class Case:
    """One route tried on one object."""

    route: Route
    variant: str

    @property
    def name(self) -> str:
        """How the table names it."""
        return f"{self.route} {self.variant or '-'}"


def cases(app: Flask) -> Iterator[Case]:
    """Every route with every object it is tried on."""
    for route in routes(app):
        if route.endpoint == "static":
            continue
        variants: tuple[str, ...] = CHOSEN.get(str(route), ("",))
        for parameter in route.parameters:
            if parameter in OBJECTS:
                variants = ROOM_PROJECTS if ROOM_ROUTES.search(str(route)) else OBJECTS[parameter]
                if parameter == "import_id":
                    variants = ("upload",) if "/mandates/" in str(route) else ("import",)
                break
        yield from (Case(route, variant) for variant in variants)


def picture() -> BytesIO:
    """A small image as a file."""
    stream = BytesIO()
    Image.new("RGB", (640, 640), "navy").save(stream, "PNG")
    stream.seek(0)
    return stream


def more_objects(world: World) -> None:
    """Add to the world what only addresses name: a member, an invitation, a token, a session, a job, an import."""
    creator, member = world["creator.owner"], world["creator.member"]
    invited = creator.post("/invitations", {"email": "guest@example.test", "role": "member"})
    assert invited.status_code == 201, invited.json
    imported = _import(creator, "/projects", "title_zh\n甲\n")
    world.ids["upload"] = _import(world["investor.owner"], "/mandates", "name\nCANARY-mandate-row\n")
    member.browser()
    with creator.app.app_context(), db.edge(actor=creator.actor):
        received = files.receive_image(creator.actor, picture(), "still.png", purpose="matrix.still")
        stored = files.keep(creator.actor, received)
    world.ids |= distributions.of_world(creator, member, world["investor.owner"])
    _book(world, creator.organisation_id)
    _machines(world, creator.organisation_id)
    _link(world, creator)
    with db.system_edge() as session:
        told = Notification(
            user_id=member.user_id, organisation_id=creator.organisation_id, code="x", title="A deal was opened",
            link="/deals", key="x",
        )  # fmt: skip
        job = Job(
            kind=next(iter(jobs.KINDS)), payload={}, organisation_id=creator.organisation_id, state="dead",
            user_id=creator.user_id, error="CANARY-job-error",
        )  # fmt: skip
        session.add(job)
        session.add_all([told, job])
        hook = Webhook(
            organisation_id=creator.organisation_id, label="CANARY-webhook", url="https://hooks.example/", kinds=["deal.opened"],
            secret="sealed",
        )  # fmt: skip
        session.add(hook)
        session.flush()
        late = WebhookDelivery(
            webhook_id=hook.id, organisation_id=creator.organisation_id, event_id=ids.new("evt"), kind="deal.opened", object_id="x",
            body={"data": "CANARY-webhook"}, state="dead",
        )  # fmt: skip
        session.add(late)
        session.flush()
        world.ids |= {
            "invitation": invited.json["id"],
            "import": imported,
            "job": job.id,
            "file": stored.id,
            "notification": told.id,
            "user": world["investor2.member"].user_id,
            "guest": world["investor.owner"].organisation_id,
            "membership": session.query(Membership).filter_by(user_id=member.user_id).one().id,
            "token": session.query(ApiToken).filter_by(user_id=member.user_id).one().id,
            "session": session.query(UserSession).filter_by(user_id=member.user_id).one().id,
        }


def _import(person: Person, address: str, rows: str) -> str:
    """The id of a file that was sent and waits to be imported."""
    sent = person.browser().post(f"{address}/import", data={"file": (BytesIO(rows.encode()), "rows.csv")})
    found = re.search(rf"{address}/imports/(\w+)", sent.headers.get("Location", ""))
    assert found, sent.text
    return found[1]


def _machines(world: World, organisation_id: str) -> None:
    """What goes on without people: a webhook with a dead delivery."""
    with db.system_edge() as session:
        hook = Webhook(
            organisation_id=organisation_id, label="CANARY-webhook", url="https://hooks.example/", kinds=["deal.opened"],
            secret="kept-apart",
        )  # fmt: skip
        session.add(hook)
        session.flush()
        late = WebhookDelivery(
            webhook_id=hook.id, organisation_id=organisation_id, event_id=ids.new("evt"), kind="deal.opened", object_id="x",
            body={"data": "CANARY-webhook"}, state="dead",
        )  # fmt: skip
        session.add(late)
        session.flush()
        world.ids |= {"webhook": hook.id, "delivery": late.id}


def _link(world: World, creator: Person) -> None:
    """A guest's link to the data room of the published project."""
    with db.edge(actor=creator.actor):
        link = guests.invite(creator.actor, world.ids["published"], email="guest@example.test", days=7)
    world.ids["link"] = link.id


def _book(world: World, organisation_id: str) -> None:
    """A book with an entry."""
    with db.system_edge():
        book = ledger.open_book(
            SYSTEM, kind="matrix", object_id="x", organisation_id=organisation_id, name="CANARY-book", currency="CNY"
        )  # fmt: skip
        sides = [Side("assets:cash", "asset", "Assets"), Side("income:x", "income", "Income")]
        lines = [Line(side, Money(n)) for side, n in zip(sides, (5, -5), strict=True)]
        entry = ledger.post(SYSTEM, book, Draft(date(2026, 1, 1), "x", "x", lines, text="CANARY-book"))
        account, _amount = books.lines_of(entry)[0]
    world.ids |= {"book": book.id, "entry": entry.id, "account": account.id}


def side_of_the_deal(world: World) -> None:
    """What the investor's house has around its deal: a pipeline, a reason, a kept filter, a move taken back, one that waits."""
    investor, member = world["investor.owner"], world["investor.member"]
    deal = world.ids["deal"]
    moved = investor.post(f"/deals/{deal}/transitions", {"to": "intro"}).json
    assert investor.post(f"/deals/moves/{moved['move_id']}/undo").status_code == 200
    now = investor.get(f"/deals/{deal}").json
    stages = investor.get(f"/pipelines/{now['pipeline_id']}").json["stages"]
    stage = next(s["id"] for s in stages if s["state"] == "intro")
    kept = investor.post("/deal-filters", {"name": "ours", "shared": True, "query": {"open": "true"}})
    reason = investor.get("/close-reasons").json["items"][0]
    other = world["investor2.owner"].post("/introductions", {"project_id": world.ids["fresh"]}).json
    assert (
        world["creator.owner"].post(f"/introductions/{other['id']}/decline", {"answer": "no"}).status_code
        == 200
    )
    world.versions |= {"deal": now["version"], "pipeline": 1}
    with db.system_edge() as session:
        waits = MoveApproval(
            deal_id=deal, organisation_id=investor.organisation_id, stage_id=stage, asked_by_id=member.user_id
        )
        session.add(waits)
        session.flush()
        world.ids |= {
            "answered": other["id"],
            "stage": stage,
            "reason": reason["id"],
            "filter": kept.json["id"],
            "batch": moved["move_id"],
            "approval": waits.id,
        }


def fill(values: Any, case: Case, world: World, own: str) -> Any:
    """A request's values with the names of objects replaced by their ids."""
    if isinstance(values, list):
        return [fill(value, case, world, own) for value in values]
    if isinstance(values, dict):
        return {key: fill(value, case, world, own) for key, value in values.items()}
    if values == "<table>":
        return (BytesIO("name,capital\n甲,1000000\n".encode()), "table.csv")
    if values == "<statement>":
        return (BytesIO("交易时间,收入金额,对方户名\n2026-01-02,7.00,甲\n".encode()), "bank.csv")
    if values == "<document>":
        return (BytesIO(rooms.pdf(1)), "paper.pdf")
    if values == "<index>":
        return matrix_portfolio.index()
    if values == "<picture>":
        return (picture(), "poster.png")
    if isinstance(values, str) and re.fullmatch(r"<\w+>", values):
        name = values[1:-1]
        if name == "claim":
            return world.ids[f"claim_of_{case.variant}"]
        return own if name == "own" else world.ids[case.variant if name == "object" else name]
    return values


def address(case: Case, world: World, *, at_random: bool = False) -> str:
    """The address of a case; with ids that nobody has when `at_random`."""
    values = dict(WORDS)
    for parameter in case.route.parameters:
        if parameter in OBJECTS:
            # The second object of an address: a published project, the first of any other kind.
            usual = "published" if parameter == "project_id" else OBJECTS[parameter][0]
            name = case.variant if case.variant in OBJECTS[parameter] else usual
            known = world.ids.get(name, "none")
            prefix = known.partition("_")[0]
            values[parameter] = f"{prefix}_{'0' * 25}7" if at_random else known
    return case.route.path(values)


def request_of(case: Case, world: World, own: str) -> dict[str, Any]:
    """What is sent: query, JSON or form, and the version for PATCH."""
    name = str(case.route)
    sent: dict[str, Any] = {"headers": {}}
    if name in QUERIES:
        sent["query_string"] = fill(QUERIES[name], case, world, own)
    if name in JSON_BODIES or (case.route.is_api and case.route.method == "POST" and name not in FORMS):
        sent["json"] = fill(JSON_BODIES.get(name, {}), case, world, own)
    elif case.route.method == "POST":
        sent["data"] = fill(FORMS.get(name, {}), case, world, own)
    if case.route.method == "PATCH":
        sent["json"] = fill(JSON_BODIES.get(name, {}), case, world, own)
        sent["headers"]["If-Match"] = f'"{world.versions.get(case.variant, 1)}"'
    return sent
