from mav3d_blender.client.circuit_breaker import CircuitBreaker


def test_an_engine_that_ends_again_and_again_is_left_alone():
    breaker = CircuitBreaker()
    assert [breaker.may_start(now) for now in (0, 10, 20, 30)] == [True, True, True, False]
    assert not breaker.may_start(10_000) and breaker.open and "3 times within 5 minutes" in breaker.sentence
    breaker.reset()
    assert breaker.may_start(10_001)
    spread = CircuitBreaker()
    assert all(spread.may_start(now) for now in range(0, 2000, 150))
