"""One webhook of the main creator, to an address that is never called, with what it was told in the last weeks."""

from __future__ import annotations

from dealflow.core.actor import Actor
from dealflow.demo.investors import Members
from dealflow.demo.script import Script
from dealflow.notify.schemas import WebhookIn
from dealflow.notify.service import samples

_DAYS = 25


def arrange(script: Script, members: Members) -> None:
    """Make the webhook some weeks ago, and let its deliveries look like everyday work at the end."""
    _place, people = members["creator"]
    made: list[str] = []

    def make(actor: Actor) -> None:
        kinds = ["project.published", "project.changed", "deal.opened", "deal.moved"]
        values = WebhookIn(
            label="制片管理系统（示例）", url="https://hooks.sample.example/dealflow", kinds=kinds
        )
        made.append(samples.make(actor, values))

    script.add(script.ago(_DAYS), people[0], make)
    script.add(script.end, people[0], lambda _actor: samples.pretend(made[0]))
