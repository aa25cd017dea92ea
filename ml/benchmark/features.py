"""Pair features: what an investor's past says about a candidate, as [investors, candidates] planes."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from ml.benchmark.data import STAGES, UNKNOWN
from ml.benchmark.signals import Signals, lift, lift_of
from ml.benchmark.view import AMOUNT_KNOTS, View, narrowed


class HistoryFeatures:
    """Features of investors with a past. `block(rows)` gives float32 [len(rows), candidates, len(names)]: the first
    `core` of plain matching, the rest from ml.benchmark.signals."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._tables: dict[
            str, tuple[np.ndarray, np.ndarray]
        ] = {}  # [investors, codes], code of each candidate
        self._prepare_shares()
        self.signals = Signals(view)
        nobody = np.zeros(1, dtype=np.int64)
        self.core = sum(1 for _ in self._planes(nobody))

    @cached_property
    def names(self) -> list[str]:
        """Names of the features in their order."""
        return [name for name, _ in self._every_plane(np.zeros(1, dtype=np.int64))]

    def _prepare_shares(self) -> None:
        view, store = self.view, self._tables
        active = view.deals > 0
        for field, (events, codes, size) in view.fields.items():
            wanted, candidates = narrowed(codes)
            shares = view.table(events, size, decayed=False, wanted=wanted)
            store[field] = shares, candidates
            store[f"{field}_lift"] = lift(shares, active), candidates
            if field in ("category", "region", "stage"):
                store[f"{field}_recent"] = lift_of(view, (events, codes, size), active)
                store[f"{field}_friends"] = lift(view.friends @ shares, active), candidates
                store[f"{field}_words"] = lift(view.by_words(events, size)[:, wanted], active), candidates
        self._common = self._candidate_planes()
        self._portfolio = sp.diags(1 / np.maximum(view.deals, 1)) @ view.bipartite @ view.names
        self._candidate_names = view.names[view.data.candidates.project].T.tocsc()
        places = np.interp(
            np.nan_to_num(view.data.candidates.ask, nan=0.0), AMOUNT_KNOTS, np.arange(len(AMOUNT_KNOTS))
        )
        self._ask_place = np.rint(places).astype(np.int64)
        self._ask_known = ~np.isnan(view.data.candidates.ask)
        scale = 1 / np.maximum(np.asarray(view.backers.sum(axis=0)).ravel(), 1)
        self._mean_backer = sp.diags(scale) @ view.backers.T @ view.latent

    def _candidate_planes(self) -> dict[str, np.ndarray]:
        facts, candidates = self.view.project_facts, self.view.data.candidates
        ask_known = ~np.isnan(candidates.ask)
        common = {
            "backers_log": np.log1p(facts["backers"]),
            "rounds_log": np.log1p(facts["rounds"]),
            "cold": (facts["backers"] == 0) * 1.0,
            "idle_log": np.log1p(facts["idle"]),
            "raised_log": np.log10(1 + facts["raised"]),
            "age_log": np.log1p(facts["age"]),
            "ask": np.where(ask_known, candidates.ask, 6.3) - 6.3,
            "ask_unknown": ~ask_known * 1.0,
        }
        for number, name in enumerate(STAGES[:5]):
            common[f"is_{name}"] = (candidates.stage == number) * 1.0
        return {name: values.astype(np.float32) for name, values in common.items()}

    def _planes(self, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        view, candidates = self.view, self.view.data.candidates
        size = (len(rows), len(candidates.project))
        for name, (table, codes) in self._tables.items():
            yield name, np.where(codes == UNKNOWN, 0, table[rows][:, np.maximum(codes, 0)])
        ties = view.ties[rows] @ view.backers
        yield "syndicate", np.log1p(10 * ties.toarray())
        yield "syndicate_any", (ties.toarray() > 0) * 1.0
        yield "syndicate_mean", ties.toarray() / np.maximum(view.project_facts["backers"], 1)
        yield "latent", view.latent[rows] @ self._mean_backer.T
        yield "names", np.asarray((self._portfolio[rows] @ self._candidate_names).todense())
        spread = view.amounts[rows][:, self._ask_place]
        market = view.amounts[view.deals > 0].mean(axis=0)[self._ask_place]
        yield "ask_fit", np.where(self._ask_known, np.log((spread + 1e-3) / (market + 1e-3)), 0.0)
        yield "cosine", (view.bags.profiles[rows] @ view.bags.targets).toarray()
        yield "cosine_nearest", self._nearest_deal(rows)
        distance = np.nan_to_num(candidates.ask)[None, :] - view.typical_amount[rows][:, None]
        yield "ask_distance", np.where(self._ask_known, np.minimum(np.abs(distance), 2), 0.7)
        share = view.newcomer_share[rows][:, None]
        yield "newcomer_fit", np.where(self._common["cold"] > 0, np.log(share), np.log(1 - share * 0.95))
        for name, values in self._common.items():
            yield name, np.broadcast_to(values, size)
        own = {
            "deals_log": np.log1p(view.deals[rows]),
            "deals_year": np.log1p(view.recent_deals(365)[rows]),
            "deals_half": np.log1p(view.recent_deals(182)[rows]),
            "last_log": np.log1p(view.last_deal[rows]),
            "is_org": view.data.is_org[rows] * 1.0,
        }
        for name, values in own.items():
            yield name, np.broadcast_to(values[:, None], size)

    def _every_plane(self, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        yield from self._planes(rows)
        yield from self.signals.planes(rows)

    def _nearest_deal(self, rows: np.ndarray) -> np.ndarray:
        """Cosine of each candidate with the most similar past deal of the investor."""
        view, size = self.view, len(self.view.data.candidates.project)
        result = np.zeros((len(rows), size), dtype=np.float32)
        for number, investor in enumerate(rows.tolist()):
            deals = view.deals_of(investor)
            if len(deals):
                result[number] = (view.bags.deals[deals] @ view.bags.targets).max(axis=0).toarray().ravel()
        return result

    def block(self, rows: np.ndarray) -> np.ndarray:
        """float32 [len(rows), candidates, features]."""
        return np.stack([plane.astype(np.float32) for _, plane in self._every_plane(rows)], axis=2)
