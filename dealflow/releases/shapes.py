"""What the room takes and gives: the rules of input, written once for API, forms and files."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from dealflow.core.i18n import N_
from dealflow.core.money import LIMIT
from dealflow.core.schema import Date, MoneyIn, NoneIfEmpty, Ref, Schema, Text, rule
from dealflow.pitches.schemas import Evidence
from dealflow.pitches.vocabulary import is_region
from dealflow.releases import platforms

Count = Annotated[int, Field(ge=0, le=LIMIT)]


def _territory(code: str) -> str:
    code = code.upper()
    if code != platforms.WORLD and not is_region(code):
        raise rule("unknown_region", N_("Use a country such as CN or a region such as CN-ZJ, or WORLD"))
    return code


def _filing_number(text: str) -> str:
    found = platforms.filing_number(text)
    if found is None:
        raise rule(
            "wrong_form",
            N_(
                "This is no filing number; write it as on the certificate, such as （浙）网微剧审字（2026）第001号 or V33002612601"
            ),
        )
    return found


def _link(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise rule("wrong_form", N_("Enter an address that begins with https://"))
    return text


Territory = Annotated[str, Field(max_length=6), AfterValidator(_territory)]
Platform: Any = Annotated[Text(60, least=1), AfterValidator(platforms.platform_code)]
FilingNumber: Any = Annotated[Text(60), AfterValidator(_filing_number)]
Link: Any = Annotated[Text(1000), AfterValidator(_link)]
DocumentRef: Any = Ref("fil")


class ReleaseIn(Schema):
    """A release. Without a title it bears the project's."""

    platform: Platform
    title: Annotated[Text(200) | None, NoneIfEmpty] = None  # type: ignore[valid-type]
    territory: Territory = "CN"
    released_on: Date
    filing_number: Annotated[FilingNumber | None, NoneIfEmpty] = None
    link: Annotated[Link | None, NoneIfEmpty] = None


class ConfirmationOut(Schema):
    """That an investor has seen a release there."""

    organisation_id: str
    name: str
    at: str


class ReleaseOut(Schema):
    """A release."""

    id: str
    version: int
    created_at: str
    updated_at: str
    project_id: str
    platform: str
    title: str
    territory: str
    released_on: str
    filing_number: str | None
    link: str | None
    confirmations: list[ConfirmationOut]
    withdrawn_at: str | None
    withdraw_reason: str | None


class WithdrawReleaseIn(Schema):
    """Why a release is withdrawn."""

    reason: Text(500, least=1)  # type: ignore[valid-type]


class FigureIn(Schema):
    """What a source says of one day. At least one figure is given."""

    on: Date
    plays: Count | None = None
    paid_users: Count | None = None
    receipts: MoneyIn | None = None
    ad_spend: MoneyIn | None = None
    evidence_class: Evidence
    source: Text(120, least=1)  # type: ignore[valid-type]
    document_id: DocumentRef | None = None


class FigureOut(Schema):
    """Figures of one day. `number` rises when the same source corrects itself."""

    id: str
    release_id: str
    on: str
    plays: int | None
    paid_users: int | None
    receipts: MoneyIn | None
    ad_spend: MoneyIn | None
    evidence_class: str
    source: str
    number: int
    document_id: str | None
    created_at: str
    user_name: str


class SignedMoney(Schema):
    """An amount that can be negative."""

    amount_minor: int
    currency: str


class ReceiptIn(Schema):
    """Money that came in. The same `external_ref` is one entry of a project."""

    amount: MoneyIn
    on: Date
    source: Text(120, least=1)  # type: ignore[valid-type]
    evidence_class: Evidence
    external_ref: Text(120, least=1)  # type: ignore[valid-type]
    platform: Annotated[Platform | None, NoneIfEmpty] = None
    territory: Annotated[Territory | None, NoneIfEmpty] = None
    document_id: DocumentRef | None = None


class ReceiptOut(Schema):
    """A receipt, or a correction of one. `pays`: whether it is divided; what is self-reported never is."""

    id: str
    project_id: str
    on: str
    amount: SignedMoney
    source: str
    platform: str | None
    territory: str | None
    external_ref: str
    evidence_class: str
    pays: bool
    document_id: str | None
    statement_id: str | None
    corrects: str | None
    reason: str | None
    created_at: str
    user_name: str


class CorrectionIn(Schema):
    """What a receipt should say; the difference becomes an entry of its own."""

    amount: MoneyIn
    reason: Text(500, least=1)  # type: ignore[valid-type]
    external_ref: Text(120, least=1)  # type: ignore[valid-type]
    document_id: DocumentRef | None = None


class AdSpendIn(Schema):
    """Money spent on paid traffic. `reversal` takes so much back."""

    amount: MoneyIn
    on: Date
    platform: Annotated[Platform | None, NoneIfEmpty] = None
    source: Text(120, least=1)  # type: ignore[valid-type]
    evidence_class: Evidence
    external_ref: Text(120, least=1)  # type: ignore[valid-type]
    document_id: DocumentRef | None = None
    reversal: bool = False


class AdSpendOut(Schema):
    """An entry of ad spend. Only what is `audited` is recouped."""

    id: str
    project_id: str
    on: str
    amount: SignedMoney
    platform: str | None
    source: str
    external_ref: str
    evidence_class: str
    audited: bool
    document_id: str | None
    statement_id: str | None
    created_at: str
    user_name: str


class AdCapOut(Schema):
    """A cap of a contract and what stands against it."""

    id: str
    source: str
    cap: MoneyIn
    proven: SignedMoney
    reported: SignedMoney
    percent: int
    state: str


class AdSpendLevelsOut(Schema):
    """The caps of a project and its entries of ad spend."""

    caps: list[AdCapOut]
    items: list[AdSpendOut]


class EvidenceIn(Schema):
    """Nothing beside the file."""


class EvidenceOut(Schema):
    """A document that figures, receipts and ad spend can name."""

    document_id: str
    project_id: str
    name: str


class StatementPlan(Schema):
    """How a statement is read. A preset brings its own mapping (column to field); `all_titles` takes rows of any title."""

    preset: Text(20) | None = None  # type: ignore[valid-type]
    mapping: dict[str, str] | None = None
    platform: Text(60) | None = None  # type: ignore[valid-type]
    currency: Text(3) | None = None  # type: ignore[valid-type]
    evidence_class: Text(20) | None = None  # type: ignore[valid-type]
    territory: Text(6) | None = None  # type: ignore[valid-type]
    all_titles: bool | None = None


class StatementCounts(Schema):
    """Rows by what they do: new, recorded already, about something else, refused."""

    create: int
    same: int
    other: int
    error: int


class StatementDay(Schema):
    """What the rows say of a day: `create` puts it on record, `same` is there already, `unplaced` lacks a release."""

    action: str
    on: str
    platform: str
    territory: str
    plays: int | None
    paid_users: int | None
    receipts: SignedMoney | None
    ad_spend: SignedMoney | None


class StatementFigures(Schema):
    """Days of figures by what becomes of them, and the first of them. `rows` bring figures and no money."""

    create: int
    same: int
    unplaced: int
    rows: int
    days: list[StatementDay]


class StatementOut(Schema):
    """A statement. `counts`, `sums` (of what is new) and `figures` are null until a check is through."""

    id: str
    version: int
    created_at: str
    updated_at: str
    project_id: str
    filename: str
    sha256: str
    document_id: str
    state: str
    preset: str
    header: list[str]
    row_count: int
    plan: StatementPlan
    counts: StatementCounts | None
    sums: list[SignedMoney] | None
    figures: StatementFigures | None
    job_id: str | None
    user_name: str


def plain(values: Schema) -> dict[str, Any]:
    """Values as the audit log keeps them."""
    return values.model_dump(mode="json", exclude_none=True)
