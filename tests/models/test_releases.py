"""Versions as servers report them."""

import pytest

from auditor.models.releases import release_fields, version_number


@pytest.mark.parametrize(
    ("reported", "version"),
    [
        ("14.0.1.13900-8.x86_64", "14.0.1.13900-8"),
        ("10.0.1.10000-24.i386", "10.0.1.10000-24"),
        ("14.0.1.13900(155)", "14.0.1.13900-155"),
        (" 9.1.1.10000-8 ", "9.1.1.10000-8"),
        ("odd.x86_64.text", "odd.x86_64.text"),
    ],
)
def test_a_version_is_shown_as_the_command_line_prints_it(reported: str, version: str) -> None:
    assert version_number(reported) == version


@pytest.mark.parametrize(
    ("reported", "fields"),
    [
        ("14.0.1.13900-8.x86_64", (14, 0, 1, 13900)),
        ("11.0.1.10000-6", (11, 0, 1, 10000)),
        ("10.5.2.22900(2)", (10, 5)),
        ("9.1", (9, 1)),
        ("14.0.1", None),
        ("14", None),
        ("unknown", None),
        ("", None),
    ],
)
def test_a_release_counts_with_its_service_update_from_11(
    reported: str, fields: tuple[int, ...] | None
) -> None:
    assert release_fields(reported) == fields
