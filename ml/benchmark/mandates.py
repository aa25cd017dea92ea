"""Pair features of stated mandates, and the mandates that past investors would have stated.

A mandate of the benchmark is a summary of a history (three categories, two states, two regions, three stages, the
10%-90% range of the rounds), or of one deal. Both are made here from the past in the same way, so that a model can be
trained on half-years before the cut; the investor whose past made a mandate never counts as its own neighbour.
"""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from ml.benchmark.data import STAGES, UNKNOWN, Mandate, rounded_ask
from ml.benchmark.features import HistoryFeatures
from ml.benchmark.signals import kinship, lift_of
from ml.benchmark.view import AMOUNT_KNOTS, View

NEIGHBOURS = 80
RANK_WEIGHTS = np.array([1.0, 0.7, 0.5])
FIRST_DEAL_SPREAD = np.log10(2.5)
# Fields of histories (ml.benchmark.view, .signals) that the mandate does not state but its neighbours know.
NEAR_FIELDS = ("city", "category_state", "category_stage", "region_stage", "stage_ask", "stage_rank", "age")


def from_history(view: View, investor: int, rows: np.ndarray) -> Mandate:
    """The mandate that summarises the investor's events `rows`."""
    data, events = view.data, view.data.events
    projects = events.project[rows]
    amounts = 10 ** events.amount[rows][~np.isnan(events.amount[rows])]
    spread = np.log10(np.quantile(amounts, [0.1, 0.9])) if len(amounts) else np.full(2, np.nan)
    low, high = rounded_ask(spread)
    return Mandate(
        investor,
        _leading(data.category.values[projects], 3, 0.1),
        _leading(data.state.values[projects], 2, 0.1),
        _leading(data.region.values[projects], 2, 0.1),
        _leading(events.stage[rows], 3, 0.2),
        float(low),
        float(high),
        "history",
    )


def from_candidate(view: View, investor: int, position: int) -> Mandate:
    """The mandate declared from one deal: its category, place and stage, the ask times 0.4 to 2.5."""
    data, candidates = view.data, view.data.candidates
    project = candidates.project[position]
    ask = candidates.ask[position]

    def single(code: int) -> tuple[int, ...]:
        return () if code == UNKNOWN else (int(code),)

    return Mandate(
        investor,
        single(data.category.values[project]),
        single(data.state.values[project]),
        single(data.region.values[project]),
        single(candidates.stage[position]),
        float(ask - FIRST_DEAL_SPREAD),
        float(ask + FIRST_DEAL_SPREAD),
        "first_deal",
    )


def _leading(codes: np.ndarray, count: int, least: float) -> tuple[int, ...]:
    """The most frequent codes, at most `count`, each (after the first) with a share of at least `least`."""
    values, counts = np.unique(codes[codes != UNKNOWN], return_counts=True)
    order = np.lexsort((values, -counts))[:count]
    enough = counts[order] >= least * len(codes) - 1e-9
    enough[:1] = True
    return tuple(values[order][enough].tolist())


class MandateFeatures:
    """`block(mandates)` gives float32 [len(mandates), candidates, len(names)]."""

    def __init__(self, view: View, history: HistoryFeatures) -> None:
        self.view, self.history = view, history
        fields, candidates = view.fields, view.data.candidates
        self._codes = {name: fields[name][1] for name in ("category", "state", "region", "stage")}
        self._sizes = {name: fields[name][2] for name in self._codes}
        shares = {name: view.table(fields[name][0], fields[name][2], decayed=False) for name in self._codes}
        self._shares = shares
        active = view.deals >= 3
        self._active = np.flatnonzero(active)
        profiles = [np.sqrt(shares[name][self._active]) for name in self._codes]
        self._profiles = _unit(np.hstack([*profiles, np.sqrt(view.amounts[self._active])]))
        self._ask_known = ~np.isnan(candidates.ask)
        self._by_words = {
            name: view.by_words(fields[name][0], fields[name][2]) for name in ("category", "region", "stage")
        }
        known = view.deals > 0
        self._market = {name: shares[name][known].mean(axis=0) for name in self._codes}
        self._kin = {name: kinship(shares[name][self._active]) for name in ("category", "region")}
        further = view.fields | history.signals.fields()
        self._near = {name: lift_of(view, further[name], known) for name in NEAR_FIELDS}
        empty = Mandate(0, (), (), (), (), float("nan"), float("nan"))
        self.core = 0  # how many of the names are those of plain matching
        self.names: list[str] = []
        self.names = self._block([empty])[0]

    def block(self, mandates: Sequence[Mandate]) -> np.ndarray:
        """float32 [len(mandates), candidates, features]."""
        return np.stack([plane.astype(np.float32) for plane in self._block(mandates)[1]], axis=2)

    def _profile(self, mandate: Mandate) -> dict[str, np.ndarray]:
        """Shares over the codes as the mandate suggests them, shrunk towards the market."""
        result = {}
        listed = {
            "category": mandate.categories, "state": mandate.states, "region": mandate.regions, "stage": mandate.stages,
        }  # fmt: skip
        for name, codes in listed.items():
            share = 0.3 * self._market[name]
            for code, weight in zip(codes, RANK_WEIGHTS, strict=False):
                share[code] += 0.7 * weight / RANK_WEIGHTS[: len(codes)].sum()
            result[name] = share
        return result

    def _neighbours(
        self, mandates: Sequence[Mandate], profiles: list[dict[str, np.ndarray]]
    ) -> sp.csr_matrix:
        """[mandates, investors] weights of the investors whose past looks most like the mandate; rows sum to 1."""
        vectors = []
        for mandate, profile in zip(mandates, profiles, strict=True):
            middle = (
                np.nanmean([mandate.ask_low, mandate.ask_high]) if not np.isnan(mandate.ask_low) else np.nan
            )
            width = max(0.3, (mandate.ask_high - mandate.ask_low) / 2.5) if not np.isnan(middle) else 1.0
            amounts = np.exp(-0.5 * ((AMOUNT_KNOTS - (6.3 if np.isnan(middle) else middle)) / width) ** 2)
            parts = [np.sqrt(profile[name]) for name in self._codes]
            vectors.append(np.concatenate([*parts, np.sqrt(amounts / amounts.sum())]))
        likeness = _unit(np.array(vectors)) @ self._profiles.T
        own = np.array([mandate.investor for mandate in mandates])
        likeness[own[:, None] == self._active[None, :]] = -np.inf
        count = min(NEIGHBOURS, likeness.shape[1])
        chosen = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
        picked = np.take_along_axis(likeness, chosen, axis=1)
        weights = np.exp(20 * (picked - picked.max(axis=1, keepdims=True)))
        weights /= weights.sum(axis=1, keepdims=True)
        rows = np.repeat(np.arange(len(mandates)), count)
        shape = (len(mandates), self.view.investors)
        return sp.csr_matrix((weights.ravel(), (rows, self._active[chosen].ravel())), shape=shape)

    def _block(self, mandates: Sequence[Mandate]) -> tuple[list[str], list[np.ndarray]]:
        view, candidates = self.view, self.view.data.candidates
        size = (len(mandates), len(candidates.project))
        planes: dict[str, np.ndarray] = {}
        profiles = [self._profile(mandate) for mandate in mandates]
        listed = {
            "category": [m.categories for m in mandates],
            "state": [m.states for m in mandates],
            "region": [m.regions for m in mandates],
            "stage": [m.stages for m in mandates],
        }
        for name, lists in listed.items():
            for place in range(1 if name == "state" else 2 if name == "region" else 3):
                codes = np.array([items[place] if len(items) > place else -2 for items in lists])
                planes[f"{name}_{place + 1}"] = (self._codes[name][None, :] == codes[:, None]) * 1.0
        single = np.array([len(m.categories) == 1 for m in mandates])[:, None]
        planes["category_only"] = planes["category_1"] * single
        planes |= self._money(mandates)
        planes["cosine"] = view.bags.mandate_cosine(mandates)
        neighbours = self._neighbours(mandates, profiles)
        planes["near_cosine"] = (sp.csr_matrix(neighbours @ view.bags.profiles) @ view.bags.targets).toarray()
        for name in self._codes:
            near = neighbours @ self._shares[name]
            lift = np.log((near + 1e-4) / (self._market[name] + 1e-4))
            planes[f"{name}_near"] = self._picked(lift, name)
        backed = (neighbours @ view.backers).toarray()
        planes["near_backed"] = np.log1p(50 * backed)
        around = neighbours @ view.ties
        planes["near_syndicate"] = np.log1p(50 * (around @ view.backers).toarray())
        investors = np.array([m.investor for m in mandates])
        for name, table in self._by_words.items():
            planes[f"{name}_words"] = self._picked(
                np.log((table[investors] + 1e-6) / (self._market[name] + 1e-6)), name
            )
        is_org = view.data.is_org[investors][:, None]
        for number in range(5):
            planes[f"org_{STAGES[number]}"] = ((candidates.stage == number)[None, :] & is_org) * 1.0
        planes["is_org"] = np.broadcast_to(is_org * 1.0, size)
        for name, values in self.history._common.items():
            planes[name] = np.broadcast_to(values, size)
        self.core = len(planes)
        planes |= self._around(neighbours, around, profiles)
        planes["width"] = np.broadcast_to(_width(mandates)[:, None], size)
        planes["breadth"] = np.broadcast_to(np.array([[len(m.categories) * 1.0] for m in mandates]), size)
        for name, values in self.history.signals.common.items():
            planes[name] = np.broadcast_to(values, size)
        return list(planes), list(planes.values())

    def _around(
        self, neighbours: sp.csr_matrix, around: sp.csr_matrix, profiles: list[dict[str, np.ndarray]]
    ) -> dict[str, np.ndarray]:
        """What the neighbours know of fields the mandate does not state, who of them makes deals like the candidate,
        and sectors and regions akin to the stated ones."""
        planes = {}
        for name, (table, codes) in self._near.items():
            near = neighbours @ table
            planes[f"{name}_near"] = np.where(codes == UNKNOWN, 0, near[:, np.maximum(codes, 0)])
        market = self.history.signals.market.T
        planes["near_market"] = np.log1p(5 * (neighbours @ market).toarray())
        planes["near_market_ties"] = np.log1p(5 * np.asarray((around @ market).todense()))
        for name, kin in self._kin.items():
            akin = np.array([profile[name] for profile in profiles]) @ kin
            planes[f"{name}_kin"] = self._picked(np.log((akin + 1e-4) / (self._market[name] + 1e-4)), name)
        return planes

    def _picked(self, table: np.ndarray, name: str) -> np.ndarray:
        codes = self._codes[name]
        picked: np.ndarray = np.where(codes == UNKNOWN, 0, np.asarray(table)[:, np.maximum(codes, 0)])
        return picked.clip(-5, 5)

    def _money(self, mandates: Sequence[Mandate]) -> dict[str, np.ndarray]:
        """Inside the stated range, and how far outside (decades, at most 2)."""
        low = np.array([m.ask_low for m in mandates])[:, None]
        high = np.array([m.ask_high for m in mandates])[:, None]
        ask = self.view.data.candidates.ask[None, :]
        below, above = np.fmax(low - ask, 0), np.fmax(ask - high, 0)
        unknown = np.isnan(low) | ~self._ask_known[None, :]
        middle = np.abs(ask - (low + high) / 2)
        return {
            "ask_inside": np.where(unknown, 0.5, (below <= 0.01) & (above <= 0.01)),
            "ask_below": np.where(unknown, 0.0, np.minimum(below, 2)),
            "ask_above": np.where(unknown, 0.0, np.minimum(above, 2)),
            "ask_middle": np.where(unknown, 0.5, np.minimum(middle, 2)),
        }


def _width(mandates: Sequence[Mandate]) -> np.ndarray:
    """Decades between the ends of the stated range; 1 when none is stated."""
    width = np.array([mandate.ask_high - mandate.ask_low for mandate in mandates])
    return np.where(np.isnan(width), 1.0, width)


def _unit(rows: np.ndarray) -> np.ndarray:
    unit: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit
