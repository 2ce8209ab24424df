"""Who of a cluster's nodes is asked when."""

from auditor.collect.survey import NodeQueue
from auditor.collect.topology import TopologyNode
from auditor.models.facts import Role


def line_of(*names: str, workers: int = 2) -> NodeQueue:
    line = NodeQueue(workers)
    for name in names:
        line.add(TopologyNode(name, Role.SUBSCRIBER))
    return line


def asked(line: NodeQueue) -> list[str]:
    return [member.name for member in line.turn().members]


def test_one_node_is_asked_at_a_time_until_the_password_was_taken() -> None:
    line = line_of("a", "b", "c", "d", "e")
    assert asked(line) == ["a"]
    assert asked(line) == []
    line.leave()
    assert asked(line) == ["b"]
    line.login_taken = True
    assert asked(line) == ["c"]
    assert asked(line) == []


def test_a_database_test_that_ends_lets_in_nobody_beside_the_first_node() -> None:
    line = line_of("a", "b")
    line.expect_tests(1)
    assert asked(line) == ["a"]
    line.tested()
    assert asked(line) == []


def test_nobody_is_asked_after_the_line_was_dropped() -> None:
    line = line_of("a", "b", "c")
    line.turn()
    assert [member.name for member in line.drop()] == ["b", "c"]
    line.leave()
    assert asked(line) == []


def test_the_end_is_told_once_when_nothing_is_under_way_any_more() -> None:
    line = line_of("a")
    line.expect_tests(1)
    assert not line.turn().last
    line.leave()
    assert not line.turn().last
    line.tested()
    assert line.turn().last
    assert not line.turn().last
