"""Money of the demo's released series: a run that was posted and paid, and a restatement that waits for approval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.demo import people, releases
from dealflow.demo.dealing import Dealing
from dealflow.demo.script import Script
from dealflow.recoupment import service


def tell(script: Script, dealings: Sequence[Dealing]) -> None:
    """Share what came in: after the first statement, and again once a receipt was corrected."""
    owner, known = dealings[0].life.owner, _Shared(dealings)
    script.add(script.ago(releases.DAYS // 2 - 1.5), owner, known.hire)
    script.add(script.ago(releases.DAYS // 2 - 2), owner, known.make)
    script.add(script.ago(releases.DAYS // 2 - 2.5), owner, known.approve)
    script.add(script.ago(releases.DAYS // 2 - 5), owner, known.pay)
    # By the colleague: who logs in finds it waiting.
    script.add(script.ago(1.5), owner, lambda _actor: known.make(known.second))


class _Shared:
    """The runs of the series."""

    def __init__(self, dealings: Sequence[Dealing]) -> None:
        self.dealings, self.life = dealings, dealings[0].life
        self.run_id = ""
        self.second = self.life.owner

    def hire(self, actor: Actor) -> None:
        """Somebody who looks after the money: nobody approves a run of their own."""
        self.second = people.hire(actor, "金珺", "accounts@sample.example")

    def make(self, actor: Actor) -> None:
        """A preview through the day before."""
        through = clock.today() - timedelta(days=1)
        self.run_id = service.make(actor, self.life.project_id, through=through).id

    def approve(self, actor: Actor) -> None:
        """By a second person."""
        service.approve(self.second, self.run_id)

    def pay(self, actor: Actor) -> None:
        """What each investor is owed, by one transfer each."""
        for number, dealing in enumerate(self.dealings, 17):
            service.mark_paid(
                actor, self.run_id, payee=str(dealing.investor.organisation_id), on=clock.today(),
                bank_reference=f"ICBC{clock.today():%Y%m%d}{number:04}",
            )  # fmt: skip
