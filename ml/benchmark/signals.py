"""Further pair features: timing, round dynamics, who follows whom, and kinship among sectors and places."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from ml.benchmark.data import UNKNOWN, rounded_ask
from ml.benchmark.view import Codes, View, narrowed

YEAR = 365.25
AGE_EDGES = np.array([0.5, 1.0, 2.0, 3.0, 5.0, 8.0])
KIN_FIELDS = ("category", "state", "region", "city", "category_stage")
SIMILAR_DEALS = 60
LARGEST_SYNDICATE = 40


class Signals:
    """Planes [investors, candidates] for rows of investors, by name."""

    def __init__(self, view: View) -> None:
        self.view = view
        active = view.deals > 0
        self.tables = {name: lift_of(view, field, active) for name, field in self.fields().items()}
        for name in KIN_FIELDS:
            events, codes, size = view.fields[name]
            wanted, places = narrowed(codes)
            shares = view.table(events, size, decayed=True)
            self.tables[f"{name}_kin"] = lift(shares @ kinship(shares[active])[:, wanted], active), places
        self.common = self._candidate_planes()

    def fields(self) -> dict[str, Codes]:
        """Per further field: code of each past deal, code of each candidate, number of codes."""
        view = self.view
        events, candidates, data = view.data.events, view.data.candidates, view.data
        ask_events, ask_candidates = _ask_code(rounded_ask(events.amount)), _ask_code(candidates.ask)
        asks = 40
        fields = view.fields
        region_events, region_candidates, regions = fields["region"]
        stage_events, stage_candidates, stages = fields["stage"]
        past_rank, candidate_rank = self.round_ranks
        return {
            "ask_code": (ask_events, ask_candidates, asks),
            "stage_ask": (_pair(stage_events, ask_events, asks), _pair(stage_candidates, ask_candidates, asks), stages * asks),
            "region_stage": (_pair(region_events, stage_events, stages), _pair(region_candidates, stage_candidates, stages), regions * stages),
            "age": (
                _age_code(events.day - data.founded[events.project]),
                _age_code(candidates.opened - data.founded[candidates.project]),
                len(AGE_EDGES) + 2,
            ),
            "month": (_month(events.day), _month(candidates.opened), 12),
            "date_form": (_date_form(events.day), _date_form(candidates.opened), 3),
            "round_rank": (past_rank, candidate_rank, 5),
            "stage_rank": (_pair(stage_events, past_rank, 5), _pair(stage_candidates, candidate_rank, 5), stages * 5),
        }  # fmt: skip

    @cached_property
    def round_ranks(self) -> tuple[np.ndarray, np.ndarray]:
        """How many earlier rounds of the project were known (0 to 4), for each past deal and each candidate."""
        data = self.view.data
        seen: dict[int, set[int]] = {}
        rounds = data.rounds
        order = np.unique(np.stack([rounds.project, rounds.day], axis=1), axis=0)
        for project, day in order.tolist():
            seen.setdefault(project, set()).add(day)
        past = [
            sum(other < day for other in seen.get(project, ()))
            for project, day in zip(data.events.project.tolist(), data.events.day.tolist(), strict=True)
        ]
        stated = [len(seen.get(project, ())) for project in data.candidates.project.tolist()]
        return np.minimum(np.array(past), 4), np.minimum(np.array(stated), 4)

    @cached_property
    def followers(self) -> sp.csr_matrix:
        """[investors, investors] share of an earlier backer's projects that the column's investor joined later, with
        the weight of the joining deal halving every two years."""
        view, events = self.view, self.view.data.events
        earlier, later, weights = [], [], []
        for rows in _groups(events.project):
            investors, first = np.unique(events.investor[rows], return_index=True)
            if not 1 < len(investors) <= LARGEST_SYNDICATE:
                continue
            days, decay = events.day[rows][first], view.decay[rows][first]
            one, two = np.nonzero(days[:, None] < days[None, :])
            earlier.append(investors[one])
            later.append(investors[two])
            weights.append(decay[two])
        shape = (view.investors, view.investors)
        if not earlier:
            return sp.csr_matrix(shape)
        entries = np.concatenate(weights), (np.concatenate(earlier), np.concatenate(later))
        counts = sp.csr_matrix(entries, shape=shape)
        return (sp.diags(1 / (view.deals + 5.0)) @ counts).tocsr()

    @cached_property
    def recent_ties(self) -> sp.csr_matrix:
        """[investors, investors] cosine of the backed projects with weights halving every two years."""
        events = self.view.data.events
        weighted = sp.csr_matrix(
            (self.view.decay, (events.investor, events.project)), shape=self.view.bipartite.shape
        )
        weighted.data = np.minimum(weighted.data, 1.0)
        shared = (weighted @ weighted.T).tocsr()
        shared.setdiag(0)
        shared.eliminate_zeros()
        size = np.asarray(weighted.power(2).sum(axis=1)).ravel()
        scale = sp.diags(1 / np.sqrt(size + 0.1))
        return (scale @ shared @ scale).tocsr()

    @cached_property
    def market(self) -> sp.csr_matrix:
        """[candidates, investors] who made the past deals most like the candidate: cosine cubed, halved every two
        years, of the nearest deals."""
        view = self.view
        rows, columns, values = [], [], []
        targets = view.bags.targets.T.tocsr()
        for start in range(0, targets.shape[0], 128):
            likeness = (targets[start : start + 128] @ view.bags.deals.T).toarray()
            weights = likeness**3 * view.decay
            count = min(SIMILAR_DEALS, weights.shape[1])
            nearest = np.argpartition(-weights, count - 1, axis=1)[:, :count]
            rows.append(np.repeat(np.arange(start, start + len(nearest)), count))
            columns.append(view.data.events.investor[nearest].ravel())
            values.append(np.take_along_axis(weights, nearest, axis=1).ravel())
        shape = (targets.shape[0], view.investors)
        return sp.csr_matrix(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape
        )

    @cached_property
    def market_latent(self) -> np.ndarray:
        """[candidates, 32] where in the space of ties the makers of similar deals stand."""
        mean = self.market @ self.view.latent
        weight = np.asarray(self.market.sum(axis=1)).ravel()[:, None]
        # Where the makers cancel out there is no direction to speak of.
        length = np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 0.01 * weight + 1e-9)
        unit: np.ndarray = mean / length
        return unit

    @cached_property
    def habits(self) -> dict[str, np.ndarray]:
        """Per investor: pace and habits."""
        view, events = self.view, self.view.data.events
        first_day = np.full(view.investors, view.data.start)
        np.minimum.at(first_day, events.investor, events.day)
        keys = events.investor * 100_000 + events.day
        _, where, counts = np.unique(keys, return_inverse=True, return_counts=True)
        batch = np.bincount(events.investor, counts[where] > 1, minlength=view.investors)
        projects = np.asarray(view.bipartite.sum(axis=1)).ravel()
        years = np.maximum((view.data.start - first_day) / YEAR, 0.25)
        return {
            "quarter_log": np.log1p(view.recent_deals(91)),
            "two_years_log": np.log1p(view.recent_deals(730)),
            "pace": np.log1p(view.deals / years),
            "rise": np.log1p(view.recent_deals(365)) - np.log1p(view.deals / years),
            "batch_share": (batch + 0.2) / (view.deals + 2.0),
            "new_share": projects / np.maximum(view.deals, 1),
            "career_log": np.log1p(view.data.start - first_day),
            "typical_amount": view.typical_amount,
        }

    def _candidate_planes(self) -> dict[str, np.ndarray]:
        view = self.view
        data, candidates = view.data, view.data.candidates
        last_amount = np.full(len(data.names), np.nan)
        known = ~np.isnan(data.rounds.amount)
        last_amount[data.rounds.project[known]] = data.rounds.amount[known]
        growth = candidates.ask - last_amount[candidates.project]
        age = (candidates.opened - data.founded[candidates.project]) / YEAR
        batch = _repeats(candidates.opened, candidates.stage, _ask_code(candidates.ask))
        weight = np.log1p(view.deals) * (view.deals > 0)
        backers = view.backers
        count = np.maximum(np.asarray(backers.sum(axis=0)).ravel(), 1)
        return {
            "open_day": (candidates.opened - data.start) / YEAR,
            "open_same_day": np.log1p(_repeats(candidates.opened)),
            "open_batch": np.log1p(batch),
            "first_of_month": _date_form(candidates.opened) * 1.0,
            "founded_years": np.where(np.isnan(age), -3.0, np.clip(age, -2, 15)),
            "round_growth": np.where(np.isnan(growth), 0.0, np.clip(growth, -2, 2)),
            "last_round_day": np.log1p(view.project_facts["idle"] + candidates.opened - data.start),
            "backers_weight": (backers.T @ weight) / count,
            "market_heat": np.log1p(np.asarray(self.market.sum(axis=1)).ravel()),
            "place_heat": np.log1p(_heat(view.fields["city"], view.decay)),
            "sector_heat": np.log1p(_heat(view.fields["category"], view.decay)),
        }

    def planes(self, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """Name and plane of every signal for the investors `rows`."""
        view, size = self.view, (len(rows), len(self.view.data.candidates.project))
        for name, (table, codes) in self.tables.items():
            yield name, np.where(codes == UNKNOWN, 0, table[rows][:, np.maximum(codes, 0)])
        backers = view.backers
        follow = (self.followers.T.tocsr()[rows] @ backers).toarray()
        yield "follow", np.log1p(20 * follow)
        yield "recent_syndicate", np.log1p(10 * (self.recent_ties[rows] @ backers).toarray())
        yield "syndicate_best", _strongest(view.ties[rows], backers)
        yield "far_syndicate", np.log1p(100 * ((view.friends[rows] @ view.friends) @ backers).toarray())
        friends = sp.csr_matrix(view.friends[rows] @ view.bags.profiles)
        yield "friends_cosine", (friends @ view.bags.targets).toarray()
        yield "market_own", np.log1p(5 * self.market[:, rows].T.toarray())
        around = np.asarray((view.ties[rows] @ self.market.T).todense())
        yield "market_ties", np.log1p(5 * around)
        yield "market_latent", view.latent[rows] @ self.market_latent.T
        yield from self._likeness(rows)
        for name, values in self.common.items():
            yield name, np.broadcast_to(values, size)
        for name, values in self.habits.items():
            yield name, np.broadcast_to(values[rows][:, None], size)
        since = view.data.candidates.opened[None, :] - view.data.start + view.last_deal[rows][:, None]
        yield "since_last", np.log1p(since)

    def _likeness(self, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """How like each candidate the investor's deals are: the nearest, lately; the nearest three; all, cubed."""
        view, size = self.view, len(self.view.data.candidates.project)
        lately, three, cubed = (np.zeros((len(rows), size), dtype=np.float32) for _ in range(3))
        names = np.zeros((len(rows), size), dtype=np.float32)
        for number, investor in enumerate(rows.tolist()):
            deals = view.deals_of(investor)
            if not len(deals):
                continue
            likeness = (view.bags.deals[deals] @ view.bags.targets).toarray()
            decay = view.decay[deals][:, None]
            lately[number] = (likeness * decay).max(axis=0)
            top = min(3, len(deals))
            three[number] = np.partition(likeness, len(deals) - top, axis=0)[-top:].mean(axis=0)
            cubed[number] = (likeness**3 * decay).sum(axis=0) / np.sqrt(decay.sum() + 1)
            own = view.names[np.unique(view.data.events.project[deals])]
            names[number] = (own @ self._candidate_names).max(axis=0).toarray().ravel()
        yield "nearest_lately", lately
        yield "nearest_three", three
        yield "likeness_cubed", np.log1p(10 * cubed)
        yield "names_nearest", names

    @cached_property
    def _candidate_names(self) -> sp.csc_matrix:
        return self.view.names[self.view.data.candidates.project].T.tocsc()


def lift(table: np.ndarray, active: np.ndarray) -> np.ndarray:
    """ln(share / mean share of active investors), kept within ±5."""
    market = table[active].mean(axis=0)
    result: np.ndarray = np.log((table + 1e-4) / (market + 1e-4)).clip(-5, 5).astype(np.float32)
    return result


def lift_of(view: View, field: Codes, active: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lift of an investor's decayed shares of a field, for the codes that candidates have, and the column of each."""
    events, codes, size = field
    wanted, places = narrowed(codes)
    return lift(view.table(events, size, decayed=True, wanted=wanted), active), places


def kinship(shares: np.ndarray) -> np.ndarray:
    """[codes, codes] rows that sum to 1: what those who put money into one code put money into."""
    together = (shares.T @ shares).astype(np.float64)
    result: np.ndarray = together / np.maximum(together.sum(axis=1, keepdims=True), 1e-12)
    return result.astype(np.float32)


def _pair(first: np.ndarray, second: np.ndarray, size: int) -> np.ndarray:
    return np.where((first == UNKNOWN) | (second == UNKNOWN), UNKNOWN, first * size + second)


def _ask_code(log_ask: np.ndarray) -> np.ndarray:
    """0 for unknown, then one code per step of 1-2-5 from 100."""
    steps = np.rint(np.nan_to_num(log_ask, nan=0.0) * 3).astype(np.int64) - 5
    return np.where(np.isnan(log_ask), 0, np.clip(steps, 1, 39))


def _age_code(days: np.ndarray) -> np.ndarray:
    code = np.searchsorted(AGE_EDGES, np.nan_to_num(days / YEAR)) + 1
    return np.where(np.isnan(days), 0, code)


def _dates(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[D]")


def _month(days: np.ndarray) -> np.ndarray:
    return _dates(days).astype("datetime64[M]").astype(np.int64) % 12


def _date_form(days: np.ndarray) -> np.ndarray:
    """2 for the first of January, 1 for the first of another month (often a rounded date), 0 otherwise."""
    dates = _dates(days)
    first = dates == dates.astype("datetime64[M]").astype("datetime64[D]")
    year = dates == dates.astype("datetime64[Y]").astype("datetime64[D]")
    return first.astype(np.int64) + year


def _repeats(*columns: np.ndarray) -> np.ndarray:
    """How many other rows hold the same values."""
    _, where, counts = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True, return_counts=True)
    others: np.ndarray = counts[where.ravel()] - 1
    return others


def _heat(field: Codes, decay: np.ndarray) -> np.ndarray:
    """Decayed number of past deals with the candidate's code (0 when unknown)."""
    events, candidates, size = field
    counts = np.bincount(events + 1, decay, minlength=size + 1)
    counts[0] = 0.0
    return counts[candidates + 1]


def _groups(keys: np.ndarray) -> Iterator[np.ndarray]:
    order = np.argsort(keys, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)


def _strongest(ties: sp.csr_matrix, backers: sp.csr_matrix) -> np.ndarray:
    """[rows, candidates] the strongest tie to any one backer."""
    result = np.zeros((ties.shape[0], backers.shape[1]), dtype=np.float32)
    columns = backers.tocsc()
    dense = ties.toarray()
    for position in np.flatnonzero(np.diff(columns.indptr)):
        who = columns.indices[columns.indptr[position] : columns.indptr[position + 1]]
        result[:, position] = dense[:, who].max(axis=1)
    return result
