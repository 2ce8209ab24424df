"""What a terminal shows while servers are asked."""

import pytest

from auditor.cli.session import progress_line


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (1, "1 server asked; last: imp1.lab.test (lab)"),
        (2, "2 servers asked; last: imp1.lab.test (lab)"),
    ],
)
def test_the_number_of_servers_has_its_noun(asked: int, shown: str) -> None:
    assert progress_line(asked, "lab", "imp1.lab.test") == shown
