"""Recommendations that ask for the same act word it alike, so that a report tells it once."""

from auditor.recommendations.packs import load_packs


def test_what_comes_first_is_worded_alike_for_one_act() -> None:
    once: dict[tuple[object, ...], set[str]] = {}
    for row in load_packs():
        if row.id not in ("TCM-01", "TCM-04"):
            continue
        for kind, remedy in row.remedy.items():
            if str(kind) in ("not_activated", "stopped"):
                once.setdefault((kind, remedy.action), set()).add(remedy.once)
    assert len(once) == 2
    assert all(len(texts) == 1 for texts in once.values()), once
