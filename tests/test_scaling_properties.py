"""What a batch knows of a model's scores from the jobs that went well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.errors import UsageError
from rerank_cli.model import UNBOUNDED, UNIT
from rerank_cli.scaling import NATIVE, Scaler, check_scale, scaled
from tests.properties import BRIEFLY

# A job without a passage has failed before anything is scored.
_SCORES = st.lists(
    st.sampled_from([-9.0, -0.001, 0.0, 0.25, 1.0, 1.001, 9.0]), min_size=1, max_size=4
)
_JOBS = st.lists(_SCORES, max_size=8)


def _goes_well(scaler: Scaler, scores: list[float]) -> bool:
    try:
        scaler(scores)
    except UsageError:
        return False
    return True


@BRIEFLY
@given(_JOBS)
def test_a_job_that_went_well_proves_logits(jobs: list[list[float]]) -> None:
    """A batch that is resumed takes a finished job for proof: other jobs would be mapped twice."""
    scaler = Scaler("sigmoid", None)
    for at, scores in enumerate(jobs):
        seen = [each for job in jobs[: at + 1] for each in job]
        assert _goes_well(scaler, scores) == any(not 0 <= each <= 1 for each in seen)


@BRIEFLY
@given(_JOBS, st.integers(0, 8))
def test_a_batch_that_is_resumed_maps_as_if_it_had_not_ended(
    jobs: list[list[float]], end: int
) -> None:
    """The same input would give another output if the run was interrupted in between."""
    whole = Scaler("sigmoid", None)
    expected = [_goes_well(whole, scores) for scores in jobs]
    first = Scaler("sigmoid", None)
    begun = [_goes_well(first, scores) for scores in jobs[:end]]
    second = Scaler("sigmoid", None, known=any(begun))
    assert begun + [_goes_well(second, scores) for scores in jobs[end:]] == expected


@pytest.mark.parametrize("scale", [NATIVE, "minmax"])
def test_what_is_known_changes_no_other_scale(scale: str) -> None:
    """A batch that is resumed would write other scores than it began with."""
    scores = [0.2, 0.9]
    assert Scaler(scale, None, known=True)(scores) == Scaler(scale, None)(scores)


def test_a_refused_scale_comes_with_a_way_out() -> None:
    """A user who wants scores spread over 0..1 would not learn how."""
    with pytest.raises(UsageError) as before:
        check_scale("sigmoid", UNIT)
    with pytest.raises(UsageError) as after:
        scaled([0.5], "sigmoid", None)
    for caught in (before, after):
        assert "--scores minmax" in (caught.value.hint or "")
    assert scaled([0.5], "sigmoid", UNBOUNDED)
