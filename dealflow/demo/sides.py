"""Each party's own side of the demo's deals: amounts, who looks after them, next steps, a pipeline with rules, filters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.money import Money
from dealflow.deals import queries, service
from dealflow.demo.dealing import Dealing
from dealflow.demo.investors import Members
from dealflow.demo.script import Script

_STEPS = {
    False: ("约制片人电话", "核对平台结算单", "投决会上会", "看二稿分集大纲", "发条款清单初稿", "实地看景", "补充预算明细"),
    True: ("Call the producer", "Check the platform statement", "Committee meeting", "Read the second outline", "Send a first term sheet"),
}  # fmt: skip
# The house whose pipeline has stages of its own, and what they stand for.
_FUND = "fund"
_EXTRA = (("interest", "初筛"), ("negotiation", "投决会"))


def arrange(script: Script, members: Members) -> None:
    """Give the fund a pipeline with rules, and the main logins filters to begin with."""
    _place, people = members[_FUND]
    script.add(script.ago(240), people[0], _stages)
    script.add(script.ago(60), people[0], _second_pipeline)
    script.add(script.ago(0.03), people[0], _committee)
    for key in ("investor", _FUND):
        _place, people = members[key]
        for name, query in (
            ("逾期的下一步", {"due": "overdue"}),
            ("停留过久", {"stale": "true", "open": "true"}),
        ):
            script.add(script.ago(30), people[0], _filter(name, query))


def _stages(actor: Actor) -> None:
    pipeline = service.own_pipeline(actor)
    wanted: list[dict[str, Any]] = []
    for stage in queries.stages(actor, pipeline.id):
        wanted.append({"id": stage.id, "state": stage.state, "stale_days": stage.stale_days})
        if stage.state == "data_room":
            wanted[-1]["required"] = ["assignee"]
        wanted += [
            {"state": state, "name": name, "stale_days": 20} for state, name in _EXTRA if state == stage.state
        ]
    service.update_pipeline(actor, pipeline.id, {"stages": wanted})


def _second_pipeline(actor: Actor) -> None:
    service.create_pipeline(actor, name="跟投项目")


def _committee(actor: Actor) -> None:
    """From now on a second member approves what goes to the committee."""
    pipeline = service.own_pipeline(actor)
    wanted = [
        {
            "id": s.id, "state": s.state, "name": s.name, "stale_days": s.stale_days, "required": list(s.required),
            "approval": s.name == dict(_EXTRA)["negotiation"],
        }
        for s in queries.stages(actor, pipeline.id)
    ]  # fmt: skip
    service.update_pipeline(actor, pipeline.id, {"stages": wanted})


def _filter(name: str, query: dict[str, str]) -> Any:
    return lambda actor: service.keep_filter(actor, name=name, query=query, shared=True)


def tell(script: Script, dealing: Dealing) -> None:
    """Add what both parties note of a deal for themselves."""
    rng, ask = dealing.rng, dealing.life.values["ask"]
    share = rng.choice((20, 30, 40, 50, 60, 100))
    amount = Money(ask["amount_minor"] * share // 100 // 100_000 * 100_000, ask["currency"])
    soon = script.ago(dealing.days - 0.01)
    for person, cares in ((dealing.investor, True), (dealing.life.owner, rng.random() < 0.7)):
        if cares:
            script.add(soon, person, _editing(dealing, {"amount": amount, "assignee_id": person.user_id}))
        if cares and dealing.stands not in ("closed_won", "closed_lost") and rng.random() < 0.75:
            step = rng.choice(_STEPS[dealing.life.idea.overseas])
            day = script.end.date() + timedelta(days=rng.randint(-4, 16))
            values = {"next_step": step, "next_step_on": day}
            script.add(script.ago(rng.uniform(0.1, 1.5)), person, _editing(dealing, values))
    if dealing.key.startswith(f"{_FUND}-") and dealing.stands in dict(_EXTRA):
        script.add(script.ago(0.05), dealing.investor, _own_stage(dealing))
    if dealing.key.startswith(f"{_FUND}-") and dealing.stands == "data_room":
        script.add(script.ago(0.02), dealing.investor, _own_stage(dealing, "negotiation"))
    if dealing.stands == "closed_lost":
        script.add(script.ago(0.04), dealing.investor, _why(dealing))


def _editing(dealing: Dealing, values: dict[str, Any]) -> Any:
    return lambda actor: service.edit(actor, dealing.deal_id, values)


def _own_stage(dealing: Dealing, state: str = "") -> Any:
    """Move the deal to the fund's own stage of a state; where a second member is to approve, ask."""

    def deed(actor: Actor) -> None:
        deal, name = queries.get(actor, dealing.deal_id), dict(_EXTRA)[state or dealing.stands]
        place = queries.position(actor, deal.id)
        stage = next(s for s in queries.stages(actor, place.pipeline_id) if s.name == name)
        service.move(actor, deal.id, stage_id=stage.id)

    return deed


def _why(dealing: Dealing) -> Any:
    def deed(actor: Actor) -> None:
        reason = dealing.rng.choice(queries.reasons(actor, "lost"))
        service.edit(actor, dealing.deal_id, {"reason_id": reason.id})

    return deed
