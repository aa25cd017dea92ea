"""Being new may cost a share of the places, and no more than declared."""

import numpy as np
import pytest

from ml.arrange import EXPLORATION_EVERY, Head, arrange, thompson
from ml.exposure import BOUNDS, LABELS, Floors, discounts, exposure, groups_of, ratios, within_bounds
from ml.rank import ProjectMatrix, Ranker
from ml.uncertainty import deviations
from tests.ml import samples


def test_groups_of_credits() -> None:
    assert groups_of(np.array([0, 1, 2, 3, 5, 6, 40])).tolist() == [0, 1, 1, 2, 2, 3, 3]
    assert len(LABELS) == 4


def test_exposure_is_attention_not_number_of_places() -> None:
    shares = exposure([np.array([3, 0, 0])])
    assert shares.sum() == pytest.approx(1)
    assert shares[0] < 2 / 3
    assert shares[3] > 1 / 3
    same = ratios([np.array([3, 0])], [np.array([3, 0])])
    assert same[[0, 3]].tolist() == [1, 1]
    assert np.isnan(same[[1, 2]]).all()
    assert within_bounds(same)
    assert not within_bounds(ratios([np.array([3, 3, 3, 0])], [np.array([0, 3, 3, 3])]))


def test_floors_hold_at_every_place() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 4, 120)
    blind = rng.normal(size=120)
    # A bought look: everybody with credits is lifted far above everybody without.
    logits = blind + 5.0 * (groups > 0)
    order = np.argsort(-logits)
    floors = Floors.of_blind(groups[order], blind[order])
    placed = [row for row, _ in arrange(Head(order, logits[order], floors=floors), 60, 0.0)]
    free = [row for row, _ in arrange(Head(order, logits[order]), 60, 0.0)]
    ideal = groups[np.argsort(-blind)]
    for place in range(1, 61):
        attention = discounts(place)
        given, fair = (attention[found[:place] == 0].sum() for found in (groups[placed], ideal))
        assert given >= BOUNDS[0] * fair - attention[-1]
    assert (groups[free] == 0).sum() == 0
    assert within_bounds(ratios([groups[placed]], [ideal[:60]]))
    # Nobody is lifted where looking at credits changes nothing.
    kept = arrange(Head(order, blind[order], floors=Floors.of_blind(groups[order], blind[order])), 60, 0.0)
    best = order[np.argsort(-blind[order])][:60]
    assert [row for row, _ in kept] == best.tolist()


def test_a_rare_group_keeps_its_share_of_many_lists() -> None:
    rng = np.random.default_rng(3)
    shown, blind = [], []
    for _ in range(300):
        groups = np.where(rng.random(60) < 0.03, 0, 3)
        fair = rng.normal(size=60)
        logits = fair + 0.8 * (groups > 0)
        order = np.argsort(-logits)
        floors = Floors.of_blind(groups[order], fair[order])
        shown.append(groups[[row for row, _ in arrange(Head(order, logits[order], floors=floors), 10, 0.0)]])
        blind.append(groups[np.argsort(-fair)[:10]])
    assert within_bounds(ratios(shown, blind))


def test_a_team_of_newcomers_keeps_its_share_of_the_product_s_lists(ranker: Ranker) -> None:
    famous = {"plays": 10**9, "evidence_class": "platform_statement"}
    projects = [
        samples.project(
            number,
            team=[{"name": "A", "role": "director", "credits": 0 if number % 2 else 40}],
            track_record=[] if number % 2 else [famous] * 8,
        )
        for number in range(200)
    ]
    matrix = ranker.build_matrix(projects)
    credits = groups_of(np.asarray(matrix.columns.credits))
    lists: dict[bool, list[np.ndarray]] = {True: [], False: []}
    blind = []
    for genre in samples.GENRES:
        weights = ranker.mandate_weights({"preferences": {"genres": {genre: 1.0}}})
        for bounded, found in lists.items():
            places = ranker.top(matrix, weights, None, 30, explore=False, diversity=0, bounded=bounded)
            found.append(credits[[place.row for place in places]])
        everyone = np.arange(len(matrix))
        blind.append(credits[np.argsort(-ranker.blind_logits(matrix, weights, everyone))[:30]])
    assert ratios(lists[False], blind)[0] < BOUNDS[0]
    assert ratios(lists[True], blind)[0] > ratios(lists[False], blind)[0]
    assert within_bounds(ratios(lists[True], blind))


def test_the_less_is_known_the_wider_the_draw(ranker: Ranker, matrix: ProjectMatrix) -> None:
    stated = ranker.mandate_weights(samples.mandate())
    rows = np.arange(len(matrix))
    spread = deviations(ranker.model, stated, matrix, rows)
    nothing = deviations(ranker.model, ranker.mandate_weights({}), matrix, rows)
    floor = ranker.model.deviations["newcomer"]
    assert (spread >= floor).all()
    assert spread.std() > 0
    assert spread.mean() > nothing.mean()
    ids = np.array([f"p{number}".encode() for number in range(400)])
    logits = np.zeros(400)
    wide = np.where(np.arange(400) % 2, 1.0, 0.1)
    assert (thompson(ids, logits, wide, seed=1)[:50] % 2).mean() > 0.9
    np.testing.assert_array_equal(thompson(ids, logits, wide, 1), thompson(ids, logits, wide, 1))


def test_a_newcomer_that_ranks_by_score_is_placed_once() -> None:
    rows = np.arange(30)
    placed = arrange(Head(rows, -rows.astype(float), newcomers=(0, 25, 26)), 30, 0.0)
    assert sorted(row for row, _ in placed) == rows.tolist()
    assert placed[EXPLORATION_EVERY - 1] == (25, True)
