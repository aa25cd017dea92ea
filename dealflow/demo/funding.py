"""The money of signed deals in the demo: commitments, tranches released in time, called, paid; the newest one is open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from dealflow.core import clock
from dealflow.core.actor import SYSTEM, Actor
from dealflow.demo.dealing import Dealing
from dealflow.demo.script import Script
from dealflow.settlement import queries, service
from dealflow.termsheets import queries as sheets

# Before the long-stop date of a tranche the investor looks at how far the series is.
_AHEAD = timedelta(days=6)
_PAYS_AFTER = timedelta(days=4)
_PAID = ("funded", "closed_won")


def follow(script: Script, dealing: Dealing, sheet_id: Callable[[], str], at: datetime) -> None:
    """Add what comes after a term sheet was signed at a moment."""
    script.add(at, SYSTEM, lambda _actor: _commit(script, dealing, sheet_id()))


def decide_on_missed(script: Script) -> None:
    """Let what was missed meanwhile be missed, as the hourly job would."""
    script.add(script.ago(0.4), SYSTEM, lambda _actor: service.miss_due())


def _commit(script: Script, dealing: Dealing, sheet_id: str) -> None:
    sheet = sheets.get(SYSTEM, sheet_id)
    commitment = service.commit(SYSTEM, sheet.id, sheet.current_number)
    if dealing.stands not in _PAID:
        return
    now = clock.now()
    for place, tranche in enumerate(queries.tranches_for([commitment.id])):
        looked_at = datetime.combine(tranche.long_stop, time(3), UTC) - _AHEAD
        moment = now + timedelta(hours=3) if place == 0 else max(now + timedelta(hours=4), looked_at)
        if moment > script.end - timedelta(days=1):
            # The next tranche of the main logins' deals is open, so that there is something to call.
            if dealing.leading:
                script.add(script.ago(0.6), dealing.investor, _releasing(tranche.id))
            return
        if place or tranche.milestone != "signing":
            script.add(moment, dealing.investor, _releasing(tranche.id))
        script.add(moment + timedelta(hours=5), dealing.life.owner, _calling(script, dealing, tranche.id))


def _releasing(tranche_id: str) -> Callable[[Actor], object]:
    return lambda actor: service.release(actor, tranche_id)


def _calling(script: Script, dealing: Dealing, tranche_id: str) -> Callable[[Actor], object]:
    def calls(actor: Actor) -> None:
        call = service.call(actor, tranche_id)
        moment = clock.now() + _PAYS_AFTER
        if moment < script.end:
            script.add(
                moment, dealing.life.owner,
                lambda who: service.record(who, call.id, amount=call.amount, on=clock.today(), reference=call.reference),
            )  # fmt: skip

    return calls
