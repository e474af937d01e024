import numpy as np

from pipeline.forecasting.scale import Scale, fit_scale


def scale_of(values: np.ndarray) -> Scale:
    return fit_scale(values, offset_share=0.5, path_ceiling=20.0, recent=104, latest=26)


def test_values_come_back_zeros_included() -> None:
    values = np.array([0.0, 1.0, 250.0, 1e6])
    scale = scale_of(values)
    assert np.allclose(scale.backward(scale.forward(values)), values)


def test_paths_are_floored_at_zero_and_cut_at_the_ceiling() -> None:
    values = np.array([10.0, 20.0])
    wild = scale_of(values).backward(np.array([-50.0, 1000.0]))
    assert wild[0] == 0.0
    assert np.isclose(wild[1], 400.0)


def test_a_series_that_goes_below_zero_is_left_as_it_is() -> None:
    values = np.array([-5.0, 3.0])
    scale = scale_of(values)
    assert np.array_equal(scale.backward(scale.forward(values)), values)


def test_after_a_decline_the_offset_is_small_beside_what_is_left() -> None:
    values = np.concatenate([np.full(100, 1000.0), np.full(26, 20.0)])
    assert scale_of(values).offset == 10.0
    assert scale_of(np.concatenate([values, np.zeros(26)])).offset == 5.0
