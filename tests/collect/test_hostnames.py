"""Which node an XCP component runs on."""

import pytest

from auditor.collect.hostnames import AmbiguousHost, component_host, match_node_name

NODES = ["imp1.lab.test", "imp2.lab.test", "imp1-b.lab.test"]


@pytest.mark.parametrize(
    ("component", "node"),
    [
        ("cm-2_s2scp-1.imp1.lab.test", "imp1.lab.test"),
        ("cm-2_s2scp-1.IMP1-LAB-TEST", "imp1.lab.test"),
        ("cm-2_s2scp-1.imp1-b-lab-test", "imp1-b.lab.test"),
        ("cm-2_s2scp-1.imp2", "imp2.lab.test"),
        ("cm-2_s2scp-1.imp3.lab.test", None),
        ("cm-2_s2scp-1.edge-imp1-lab-test", None),
        ("cm-2_s2scp-1.imp1.other.test", None),
        ("cm-2_s2scp-1.eft-xwye-a-coluc-com", None),
    ],
)
def test_a_component_runs_on_the_node_whose_host_it_names(component: str, node: str | None) -> None:
    assert match_node_name(component_host(component), NODES) == node


@pytest.mark.parametrize("component", ["Indeterminate", "cm-2_s2scp-1", "cm-2_s2scp-1."])
def test_a_component_without_a_host_is_ambiguous(component: str) -> None:
    with pytest.raises(AmbiguousHost, match="names no host"):
        component_host(component)


@pytest.mark.parametrize("host", ["imp1-edge-test", "imp1-lab-test"])
def test_a_host_that_may_be_a_node_without_domain_is_ambiguous(host: str) -> None:
    with pytest.raises(AmbiguousHost, match="may or may not be imp1"):
        match_node_name(host, ["imp1", "imp2"])


def test_two_nodes_with_one_short_name_are_ambiguous() -> None:
    with pytest.raises(AmbiguousHost):
        match_node_name("imp1", ["imp1.a.test", "imp1.b.test"])
