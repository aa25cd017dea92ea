"""Words for kinds and roles. Translate at display."""

from __future__ import annotations

from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.core.i18n import N_, _l

KINDS = {
    "creator": N_("Creator company"),
    "investor": N_("Investor"),
    "fund": N_("Fund"),
    "studio": N_("Studio"),
    "venue": N_("Venue"),
    "review_board": N_("Review board"),
    "park": N_("Park"),
    "platform": N_("Platform"),
}
OPEN_KINDS = ("creator", "investor", "fund", "studio", "venue")
KIND_NOTES = {
    "creator": N_("Has projects and looks for money"),
    "investor": N_("Invests own or clients' money"),
    "fund": N_("Manages a fund with limited partners"),
    "studio": N_("Produces for others"),
    "venue": N_("Offers scenes to shoot in"),
}
ROLES = {"owner": N_("Owner"), "member": N_("Member"), "viewer": N_("Viewer")}
ROLE_NOTES = {
    "owner": N_("Does everything, members included"),
    "member": N_("Works on projects and deals"),
    "viewer": N_("Sees, changes nothing"),
}
SCOPES = {"read": N_("Read"), "write": N_("Write")}
LANGUAGES = (SelectChoice("zh", "中文"), SelectChoice("en", "English"))


_BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("MicroMessenger", "WeChat"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"), ("curl/", "curl"), ("python", "Python"),
)  # fmt: skip
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_name(agent: str) -> str:
    """A browser's description of itself in two words (Chrome · Linux), or its beginning."""
    found = [next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return " · ".join(filter(None, found)) or agent[:60]


def choices(labels: dict[str, str], only: tuple[str, ...] = ()) -> list[SelectChoice]:
    """Choices of a form field, translated when shown."""
    return [SelectChoice(key, _l(label)) for key, label in labels.items() if not only or key in only]
