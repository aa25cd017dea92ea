"""The life of ranking models: trained, examined at the gates, promoted, rolled back. Each step leaves an event and an
audit entry.

A model file is signed when it is made by a key whose private half is never written; the public half lies in the
database and in the keys folder, apart from the file. A file that does not verify is refused before it is parsed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from dealflow.accounts import queries as accounts
from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import SYSTEM, Actor
from dealflow.core.db import session, system_edge
from dealflow.core.errors import InvalidTransition
from dealflow.core.i18n import N_
from dealflow.core.jobs import enqueue
from dealflow.matching import heldout, live, looks, queries
from dealflow.matching.models import ModelEvent, RankerModel
from dealflow.matching.policy import Can, Tag
from dealflow.notify import service as notify

if TYPE_CHECKING:
    from ml.gates import Gate, Served
    from ml.model import RankModel

# Gates speak about the answers and projects of the day; older figures do not open the way into service.
GATES_HOLD = timedelta(days=1)
LEAST_NEW_ANSWERS = 20
_TAGS = {
    "trained": Tag.MODEL_TRAINED,
    "examined": Tag.MODEL_EXAMINED,
    "refused": Tag.MODEL_REFUSED,
    "promoted": Tag.MODEL_PROMOTED,
    "rolled_back": Tag.MODEL_ROLLED_BACK,
    "trial_started": Tag.TRIAL_STARTED,
    "trial_ended": Tag.TRIAL_ENDED,
}


def note(actor: Actor, row: RankerModel, kind: str, *, reason: str = "", **figures: Any) -> None:
    """Append what happened to a model to its history and to the audit log."""
    session().add(
        ModelEvent(
            model_version=row.model_version, kind=kind, reason=reason, figures=figures, user_id=actor.user_id
        )
    )
    after = {"version": row.model_version, "state": row.state, **figures}
    audit.record(actor, _TAGS[kind], row, after=after, reason=reason)


def train(actor: Actor) -> RankerModel | None:
    """Fit a candidate on this platform's answers, store it signed, and examine it. None when there is nothing to learn.

    Opens its own transactions, since fitting takes longer than one may be held open.
    """
    from ml.answers import events, split
    from ml.calibration import calibrate
    from ml.train import adapt

    policy.require(actor, Can.GOVERN)
    with system_edge(write=False):
        looked = looks.estimated()
        answered = heldout.answers(looked.attention)
        base = heldout.served(live.ranker_of(""))
    fit_on, _held = split(answered)
    fitted = adapt(base.ranker.model, events(fit_on, base.matrix))
    fitted = calibrate(fitted, base.matrix, fit_on)
    if fitted.version == base.ranker.version:
        return None
    known: dict[str, Any] = {"answers": len(answered), "fitted_on": len(fit_on), "looks": looked.as_dict()}
    with system_edge():
        row = store(fitted, known)
        if row is not None:
            note(actor, row, "trained", answers=len(answered), fitted_on=len(fit_on))
    return examine(actor, fitted.version)


def store(model: RankModel, known: dict[str, Any]) -> RankerModel | None:
    """The row of a new model whose signed file is in place; None when this very model is known."""
    from ml.store import new_signing_key

    if any(row.model_version == model.version for row in queries.model_rows()):
        return None
    private, public = new_signing_key()
    path = f"rank/{model.version}.skops"
    model.save(live.folder() / path, private)
    live.keep_key(model.version, public.hex())
    row = RankerModel(
        model_version=model.version, path=path, public_key=public.hex(), metrics=dict(model.info) | known
    )
    session().add(row)
    session().flush()
    return row


def examine(actor: Actor, version: str) -> RankerModel:
    """Put a model through the gates against the one in service; the figures are kept with it. Raises NotFound.

    A file that does not verify fails the examination: the model is refused and retired. Opens its own transactions.
    """
    from ml import gates
    from ml.answers import split
    from ml.store import ModelRefused

    policy.require(actor, Can.GOVERN)
    with system_edge(write=False):
        row = queries.model(version)
        serving = queries.model_in_service()
        try:
            candidate_ranker = live.load_file(live.folder() / row.path, row.public_key)
        except (OSError, ModelRefused) as error:
            problem = str(error)
        else:
            problem = ""
            current = heldout.served(live.ranker_of(serving.model_version if serving else ""))
            candidate = heldout.served(candidate_ranker, like=current)
            _fitted, held = split(heldout.answers(looks.estimated().attention))
            listed = heldout.sampled()
    if problem:
        with system_edge():
            refuse(actor, queries.model(version), problem)
            return queries.model(version)
    found = gates.examine(current, candidate, held, listed)
    beside = gates.shadow(current, candidate, listed)
    with system_edge():
        return _examined(actor, version, current, found, beside)


def _examined(
    actor: Actor, version: str, current: Served, found: list[Gate], beside: dict[str, Any]
) -> RankerModel:
    row = queries.model(version)
    row.gates = [gate.as_dict() for gate in found]
    passed = all(gate.passed for gate in found)
    failed = [gate.code for gate in found if not gate.passed]
    row.metrics = row.metrics | {
        "examined_at": clock.rfc3339(clock.now()),
        "examined_against": current.ranker.version,
        "shadow": beside,
    }
    note(
        actor, row, "examined", passed=passed, failed=failed, against=current.ranker.version, gates=row.gates
    )
    tell_platform(
        "model_examined",
        N_("Model %(version)s passed all gates")
        if passed
        else N_("Model %(version)s did not pass all gates"),
        f"/models/{version}",
        {"version": version},
    )
    return row


def refuse(actor: Actor, row: RankerModel, reason: str) -> None:
    """Take a model out of consideration, and out of service when it serves; the one before serves on."""
    served = row.state == "in_service"
    row.state = "retired"
    session().flush()
    note(actor, row, "refused", reason=reason)
    if served:
        _close_trial(actor, reason)
        back = _before(row.model_version) or queries.model(live.ranker_of("").version)
        _into_service(back)
        note(actor, back, "rolled_back", reason=reason, left=row.model_version)
    tell_platform(
        "model_refused",
        N_("Model %(version)s was refused"),
        f"/models/{row.model_version}",
        {"version": row.model_version},
    )


def why_not(row: RankerModel) -> str:
    """Why a model may not be promoted now, as a message id; empty when it may."""
    serving = queries.model_in_service()
    examined_at = row.metrics.get("examined_at")
    if row.state == "in_service":
        return N_("This model is in service already")
    if not row.gates or not examined_at or clock.now() - clock.parse(examined_at) > GATES_HOLD:
        return N_("This model was not examined within the last day")
    if serving is not None and row.metrics["examined_against"] != serving.model_version:
        return N_("This model was examined against one that is not in service any more")
    if not all(gate["passed"] for gate in row.gates):
        return N_("This model did not pass all gates")
    return ""


def promote(actor: Actor, version: str) -> RankerModel:
    """Put an examined model into service in the open transaction; lists follow when the matrix is built.

    Raises NotFound, Forbidden, and InvalidTransition with the reason, which is kept as a refusal.
    """
    policy.require(actor, Can.GOVERN)
    one_at_a_time()
    row = queries.model(version)
    if reason := why_not(row) or _unreadable(row):
        _note_apart(actor, version, reason)
        raise InvalidTransition(reason)
    if queries.open_trial() is not None:
        raise InvalidTransition(N_("End the trial first"))
    serving = queries.model_in_service()
    before = serving.model_version if serving else ""
    _into_service(row)
    note(actor, row, "promoted", before=before, gates=row.gates)
    enqueue("matching.rebuild", {})
    return row


def one_at_a_time() -> None:
    """Hold all models until the transaction ends: which one serves is decided by one hand, on what is true by then."""
    held = select(RankerModel).order_by(RankerModel.id).with_for_update()
    session().scalars(held, execution_options={"populate_existing": True}).all()


def _unreadable(row: RankerModel) -> str:
    from ml.store import ModelRefused

    try:
        live.load_file(live.folder() / row.path, row.public_key)
    except (OSError, ModelRefused):
        return N_("The file of this model is missing or was not signed by its key")
    return ""


def _note_apart(actor: Actor, version: str, reason: str) -> None:
    """A refusal is kept though the transaction that asked is rolled back."""
    session().rollback()
    with system_edge():
        note(actor, queries.model(version), "refused", reason=reason)


def roll_back(actor: Actor, reason: str = "") -> RankerModel:
    """Put the model that served before into service again, in the open transaction. InvalidTransition without one."""
    policy.require(actor, Can.GOVERN)
    one_at_a_time()
    serving = queries.model_in_service()
    back = _before(serving.model_version) if serving else None
    if serving is None or back is None:
        raise InvalidTransition(N_("No model served before this one"))
    _close_trial(actor, reason)
    _into_service(back)
    note(actor, back, "rolled_back", reason=reason, left=serving.model_version)
    enqueue("matching.rebuild", {})
    return back


def _close_trial(actor: Actor, reason: str) -> None:
    """A trial against a model that leaves service compares nothing any more."""
    trial = queries.open_trial()
    if trial is not None:
        trial.state, trial.ended_at = "ended", clock.now()
        session().flush()
        note(actor, queries.model(trial.candidate_version), "trial_ended", reason=reason)


def _before(version: str) -> RankerModel | None:
    """The model that a promotion of this one replaced, when its file still verifies; else the one before that."""
    seen = {version}
    while version:
        query = select(ModelEvent).where(ModelEvent.model_version == version, ModelEvent.kind == "promoted")
        last = session().scalars(query.order_by(ModelEvent.id.desc())).first()
        version = str(last.figures.get("before") or "") if last else ""
        if version in seen:
            return None
        seen.add(version)
        row = next((r for r in queries.model_rows() if r.model_version == version), None)
        if row is not None and not _unreadable(row):
            return row
    return None


def _into_service(row: RankerModel) -> None:
    serving = (
        session()
        .scalars(select(RankerModel).where(RankerModel.state == "in_service").with_for_update())
        .first()
    )
    if serving is not None:
        serving.state = "retired"
        # Written first: the index allows one model in service.
        session().flush()
    row.state, row.in_service_at = "in_service", clock.now()
    session().flush()


def serving_version() -> str:
    """The version that ranks. One whose file was damaged or replaced leaves service here, and the one before is back."""
    serving = queries.model_in_service()
    if serving is None:
        return ""
    # The shipped model is read from the code itself.
    if serving.model_version != live.ranker_of("").version and (problem := _unreadable(serving)):
        refuse(SYSTEM, serving, problem)
        return serving_version()
    return serving.model_version


def retrain() -> dict[str, Any]:
    """Train and examine a candidate when enough was answered since the last time; promotion stays with people."""
    with system_edge(write=False):
        count = len(heldout.answers())
        known = max((row.metrics.get("answers", 0) for row in queries.model_rows()), default=0)
    if count - known < LEAST_NEW_ANSWERS:
        return {"answers": count, "trained": None}
    row = train(SYSTEM)
    return {"answers": count, "trained": row.model_version if row else None}


def tell_platform(code: str, title: str, link: str, params: dict[str, Any], key: str | None = None) -> None:
    """Tell the people who run this installation."""
    for organisation_id in accounts.organisations_of_kind("platform"):
        notify.tell(
            code=code, title=title, link=link, params=params, organisation_id=organisation_id, key=key
        )
