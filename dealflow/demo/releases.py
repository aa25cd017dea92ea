"""A released series of the demo: figures day by day, two statements that overlap, a correction, and what is only told."""

from __future__ import annotations

import math
from datetime import date, timedelta
from random import Random
from typing import Any

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.schema import load
from dealflow.demo.dealing import Dealing
from dealflow.demo.script import Script
from dealflow.releases import queries, service, statements
from dealflow.releases.queries import ReceiptQuery
from dealflow.releases.shapes import CorrectionIn, FigureIn, ReceiptIn, ReleaseIn

DAYS = 30
# What the first day brings, in parts of the budget: over the month about one and a half times what the series cost.
_FIRST_DAY = 0.11
_HEADER = "结算日期,短剧名称,结算单号,分账金额（元）,投流消耗（元）"


def tell(script: Script, chosen: Dealing) -> None:
    """Put a funded series out on two platforms, a month before today."""
    owner, known = chosen.life.owner, _Out(chosen)
    script.add(script.ago(DAYS + 1), owner, known.put_out)
    script.add(script.ago(DAYS - 1), chosen.investor, known.confirm)
    script.add(script.ago(DAYS // 2 - 1), owner, known.first_statement)
    script.add(script.ago(3), owner, known.second_statement)
    script.add(script.ago(2), owner, known.correct)
    script.add(script.ago(1), owner, known.figures)


class _Out:
    """The series once it is out."""

    def __init__(self, dealing: Dealing) -> None:
        self.life = dealing.life
        self.rng = Random(f"dealflow:release:{dealing.key}")  # noqa: S311 - variety, no secret
        self.ids: dict[str, str] = {}
        self.first = date.min

    def put_out(self, actor: Actor) -> None:
        """On record on two platforms."""
        self.first = clock.today()
        for platform, number in (
            ("hongguo", "（浙）网微剧审字（2026）第 218 号"),
            ("douyin", "V33012612618"),
        ):
            values = {"platform": platform, "released_on": self.first.isoformat(), "filing_number": number}
            self.ids[platform] = service.add_release(actor, self.life.project_id, load(ReleaseIn, values)).id

    def confirm(self, actor: Actor) -> None:
        """The investor has seen it on the first platform."""
        service.confirm_release(actor, self.ids["hongguo"])

    def _day(self, number: int, peak: int) -> int:
        return int(peak * math.exp(-number / 14) * self.rng.uniform(0.8, 1.25))

    def _statement(self, actor: Actor, days: range) -> None:
        title = queries.release(actor, self.ids["hongguo"]).title
        lines, peak = [_HEADER], self.life.values["budget"]["amount_minor"] / 100 * _FIRST_DAY
        for number in days:
            rng = Random(f"{self.life.project_id}:{number}")  # noqa: S311
            day = self.first + timedelta(days=number)
            for part, share in (("A", 0.7), ("B", 0.3)):
                amount = share * peak * math.exp(-number / 14) * rng.uniform(0.8, 1.25)
                spent = f"{amount * 0.095:.2f}" if part == "A" else ""
                lines.append(f"{day},{title},HG{day:%Y%m%d}{part},{amount:.2f},{spent}")
        name = f"红果结算单 {self.first + timedelta(days=days.stop - 1):%Y-%m-%d}.csv"
        sent = statements.receive(actor, self.life.project_id, "\n".join(lines).encode(), name)
        row, _fresh = statements.upload(actor, self.life.project_id, sent)
        statements.run(actor, row.id)

    def first_statement(self, actor: Actor) -> None:
        """The first half of the month."""
        self._statement(actor, range(DAYS // 2))

    def second_statement(self, actor: Actor) -> None:
        """The whole month so far: what the first one said is not recorded again."""
        self._statement(actor, range(DAYS - 5))

    def correct(self, actor: Actor) -> None:
        """One receipt was settled too high; and what Douyin paid is told without proof yet."""
        asked = ReceiptQuery(q=f"HG{self.first + timedelta(days=2):%Y%m%d}B")
        (row,), _total = queries.receipts(self.life.project_id, asked)
        lower = {
            "amount": {"amount_minor": row.amount_minor * 9 // 10, "currency": "CNY"}, "reason": "平台复核：退款用户未扣除",
            "external_ref": f"{row.external_ref}-更正",
        }  # fmt: skip
        service.correct(actor, row.id, load(CorrectionIn, lower))
        told: dict[str, Any] = {
            "amount": {"amount_minor": 6_800_000, "currency": "CNY"}, "on": clock.today().isoformat(), "source": "抖音后台截图",
            "platform": "douyin", "evidence_class": "self_reported", "external_ref": "DY-后台",
        }  # fmt: skip
        service.record(actor, self.life.project_id, load(ReceiptIn, told))

    def figures(self, actor: Actor) -> None:
        """Plays by day: from the platform, the last days and Douyin as told."""
        for number in range(DAYS):
            plays = self._day(number, 2_400_000)
            proven = number < DAYS - 3
            self._figure(actor, "hongguo", number, plays, "platform_api" if proven else "self_reported")
            if number % 2 == 0:
                self._figure(actor, "douyin", number, plays // 3, "self_reported")

    def _figure(self, actor: Actor, platform: str, number: int, plays: int, evidence: str) -> None:
        values: dict[str, Any] = {
            "on": (self.first + timedelta(days=number)).isoformat(), "plays": plays, "paid_users": plays // 190,
            "evidence_class": evidence, "source": "平台数据接口" if evidence == "platform_api" else "后台截图",
        }  # fmt: skip
        if platform == "hongguo" and number > DAYS - 6:
            values["ad_spend"] = {"amount_minor": plays // 3, "currency": "CNY"}
        service.add_figures(actor, self.ids[platform], load(FigureIn, values))
