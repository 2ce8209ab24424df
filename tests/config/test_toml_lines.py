"""The line that a mistake is reported with is that of its key, however the file is written."""

import pytest

from auditor.toml_lines import TomlLines

TEXT = '''\
# ours
[defaults]
username = "audit-ro"

[[cluster]]
name = "a"
notes = """
name = "no key"
"""
[cluster.deployment]
compliance = [
  "imp1",   # [[cluster]]
  "imp2",
]
chat = true
[[cluster]]
name = "b"
cucm_publisher = "x"; # stands for nothing
'''.replace("; #", " #")


@pytest.mark.parametrize(
    ("loc", "begins"),
    [
        (("defaults",), "[defaults]"),
        (("defaults", "username"), "username"),
        (("cluster", 0), "[[cluster]]"),
        (("cluster", 0, "notes"), "notes"),
        (("cluster", 0, "deployment", "compliance"), "compliance"),
        (("cluster", 0, "deployment", "compliance", 1), "compliance"),
        (("cluster", 0, "deployment", "chat"), "chat"),
        (("cluster", 1, "name"), 'name = "b"'),
        (("cluster", 1, "cucm_publisher"), "cucm_publisher"),
    ],
)
def test_a_key_is_found_where_it_begins(loc: tuple[str | int, ...], begins: str) -> None:
    number = TomlLines(TEXT).find(loc)
    assert number
    assert TEXT.splitlines()[number - 1].startswith(begins)


def test_a_missing_key_is_looked_for_in_the_table_that_lacks_it() -> None:
    assert TomlLines(TEXT).find(("cluster", 1, "domain")) == 16
    assert TomlLines(TEXT).find(("history", "url")) is None
    assert TomlLines(TEXT).find(()) is None
    assert TomlLines("").find(("cluster", 0)) is None
