"""Data rooms of the demo: an outline, a budget and a chain of title under an NDA, read page by page, with a question."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from random import Random

from xlsxwriter import Workbook

from dealflow.core import pdf, printed
from dealflow.core.actor import Actor
from dealflow.core.money import Money
from dealflow.dataroom import seats
from dealflow.dataroom.service import documents, folders, grants, ndas, questions, reading
from dealflow.demo.data import table
from dealflow.demo.dealing import Dealing
from dealflow.demo.script import Script
from dealflow.settings import ROOT

# The deals whose rooms are filled, by the demo login that reads and by where the deal stands.
FILLED = {("investor", "data_room"), ("investor", "negotiation"), ("fund", "data_room")}
_WORDS = {
    False: {
        "episode": "第 %s 集", "card": "付费卡点", "script": "剧本", "money": "预算与用款", "rights": "权利链", "outline": "分集大纲", "budget": "制作预算",
        "chain": "权利链说明", "label": "科目", "amount": "金额（元）", "total": "合计",
        "question": "前十集的付费卡点是否已经跟平台编辑对过？", "answer": "已对过两轮，平台建议把第一个付费点放在第十集末尾，大纲里是修改后的版本。",
    },
    True: {
        "episode": "Episode %s", "card": "Paywall card", "script": "Script", "money": "Budget", "rights": "Chain of title", "outline": "Episode outline", "budget": "Production budget",
        "chain": "Chain of title", "label": "Item", "amount": "Amount", "total": "Total",
        "question": "Has the platform's editor seen the first paywall cards?", "answer": "Twice; the outline here is the version after their notes.",
    },
}  # fmt: skip


def tell(script: Script, dealing: Dealing, opened: datetime) -> None:
    """Add a filled room to the deals that `FILLED` names, from just before the deal's move to the data room on."""
    key = dealing.key.partition("-")[0]
    if (key, dealing.stands) not in FILLED:
        return
    known: dict[str, str] = {}
    rng = Random(f"dealflow:room:{dealing.key}")  # noqa: S311 - variety, no secret
    owner, reader, step = dealing.life.owner, dealing.investor, timedelta(hours=5)
    script.add(opened - timedelta(hours=2), owner, lambda actor: _fill(actor, dealing, known))
    script.add(opened + step, reader, lambda actor: _accept(actor, dealing, known))
    script.add(opened + step * 1.1, reader, lambda actor: _read(actor, known, rng))
    script.add(opened + step * 2, reader, lambda actor: _ask(actor, known, dealing))
    script.add(opened + step * 4, owner, lambda actor: _answer(actor, known, dealing))


def _fill(actor: Actor, dealing: Dealing, known: dict[str, str]) -> None:
    words, project = _WORDS[dealing.life.idea.overseas], dealing.life.project_id
    for key, name, content in (
        ("script", f"{words['outline']}.pdf", _outline(dealing, words)),
        ("money", f"{words['budget']}.xlsx", _budget(dealing, words)),
        ("rights", f"{words['chain']}.txt", _chain(dealing)),
    ):
        folder = folders.make(actor, project, name=words[key])
        received = documents.receive(actor, io.BytesIO(content), name)
        sight = documents.add(actor, project, received, folder_id=folder.id)
        known[key] = sight.document.id
    grants.give(actor, project, organisation_id=dealing.investor.organisation_id or "", level="download")


def _accept(actor: Actor, dealing: Dealing, known: dict[str, str]) -> None:
    seat = seats.of_actor(actor, dealing.life.project_id)
    ndas.accept(actor, seat, lang="en" if dealing.life.idea.overseas else "zh")
    access = reading.begin(actor, seats.sight(actor, known["script"]), "view")
    known["access"] = access.id if access else ""


def _read(actor: Actor, known: dict[str, str], rng: Random) -> None:
    """The first pages are read by everybody, the last ones by few."""
    sight = seats.sight(actor, known["script"])
    pages = sight.version.pages or 1
    read = range(1, rng.randint(pages // 2, pages) + 1)
    reading.served(reading.access_of(sight, known["access"]), read)
    reading.seen(actor, sight, known["access"], {page: rng.randint(8, 150) for page in read})


def _ask(actor: Actor, known: dict[str, str], dealing: Dealing) -> None:
    text = _WORDS[dealing.life.idea.overseas]["question"]
    known["question"] = questions.ask(actor, known["script"], text=text, page=2).id


def _answer(actor: Actor, known: dict[str, str], dealing: Dealing) -> None:
    text = _WORDS[dealing.life.idea.overseas]["answer"]
    questions.answer(actor, known["question"], text=text, publish=True)


def _outline(dealing: Dealing, words: dict[str, str]) -> bytes:
    """One paragraph an episode: what the hook says where there is one, else a turn of the genre."""
    values, overseas = dealing.life.values, dealing.life.idea.overseas
    rng = dealing.life.idea.rng("outline")
    turns = table("talk")["en" if overseas else "zh"]["turns"]
    notes = {hook["episode"]: hook for hook in values["hooks"]}
    episodes = [
        (number, notes.get(number), rng.choice(turns))
        for number in range(1, values["format"]["episodes"] + 1)
    ]
    title = values["title"].get("en" if overseas else "zh") or next(iter(values["title"].values()))
    template = printed.environment(ROOT / "templates" / "demo" / "pdf").get_template("outline.html")
    html = template.render(
        lang="en" if overseas else "zh",
        title=title,
        words=words,
        values=values,
        episodes=episodes,
    )
    lang = "en" if overseas else "zh-CN"
    return pdf.render(html, title=title, lang=lang, identifier=dealing.life.idea.key.encode())


def _budget(dealing: Dealing, words: dict[str, str]) -> bytes:
    kept = io.BytesIO()
    with Workbook(kept, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001 - a file's own date has no zone
        sheet = book.add_worksheet(words["budget"][:31])
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 18, book.add_format({"num_format": "#,##0.00"}))
        sheet.write_row(0, 0, [words["label"], words["amount"]], book.add_format({"bold": True}))
        rows = dealing.life.values["use_of_funds"]
        amounts = [Money(**row["amount"]).major for row in rows]
        for number, (row, amount) in enumerate(zip(rows, amounts, strict=True), 1):
            sheet.write_row(number, 0, [row["label"], amount])
        sheet.write(len(rows) + 1, 0, words["total"])
        sheet.write_formula(len(rows) + 1, 1, f"=SUM(B2:B{len(rows) + 1})", None, sum(amounts))
    return kept.getvalue()


def _chain(dealing: Dealing) -> bytes:
    values = dealing.life.values
    place = dealing.life.place
    title = next(iter(values["title"].values()))
    lines = table("talk")["en" if dealing.life.idea.overseas else "zh"]["chain"]
    return "\n\n".join(line.format(title=title, owner=place.name) for line in lines).encode()
