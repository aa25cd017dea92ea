"""JSON API of mandates."""

from __future__ import annotations

from typing import Any

from dealflow.core.http import actor, api_blueprint, endpoint
from dealflow.core.schema import partial
from dealflow.mandates import queries, service
from dealflow.mandates.policy import Can
from dealflow.mandates.schemas import MandateIn, MandateOut, MandateQuery

bp = api_blueprint("mandates")


@bp.get("/mandates")
@endpoint(Can.LIST, query=MandateQuery, returns=MandateOut, lists=True)
def index(query: MandateQuery) -> dict[str, Any]:
    """The mandates of one's organisation."""
    found = queries.page(actor(), query)
    found["items"] = [queries.as_dict(mandate) for mandate in found["items"]]
    return found


@bp.post("/mandates")
@endpoint(Can.CREATE, body=MandateIn, returns=MandateOut, status=201)
def create(body: MandateIn) -> dict[str, Any]:
    """State a mandate."""
    return queries.as_dict(service.create(actor(), body))


@bp.get("/mandates/<mandate_id>")
@endpoint(Can.SEE, returns=MandateOut)
def show(mandate_id: str) -> dict[str, Any]:
    """One mandate."""
    return queries.as_dict(queries.get(actor(), mandate_id))


@bp.patch("/mandates/<mandate_id>")
@endpoint(Can.EDIT, body=partial(MandateIn), returns=MandateOut, versioned=True)
def change(mandate_id: str, body: Any, version: int) -> dict[str, Any]:
    """Change some fields of a mandate; constraints and preferences are replaced as a whole."""
    changes = {
        name: value for name, value in body.model_dump(mode="json").items() if name in body.model_fields_set
    }
    return queries.as_dict(service.update(actor(), mandate_id, changes, version=version))


@bp.delete("/mandates/<mandate_id>")
@endpoint(Can.DELETE, status=204)
def delete(mandate_id: str) -> Any:
    """Delete a mandate."""
    service.delete(actor(), mandate_id)
