"""The deployment before and after: what the operator declares, and what the cluster shows."""

from collections.abc import Iterable, Iterator, Mapping

from auditor.change.diff.expected import ChangeExpectation, ExpectedSetting
from auditor.change.diff.model import ComparedCluster, Difference, DifferenceCategory, Topic
from auditor.change.diff.nodes import compare_attributes
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.models.settings import TRUE_ON_SOME_NODES, Reach, Setting
from auditor.text import join_names, join_sorted_names


def compare_profile(
    before: ComparedCluster, after: ComparedCluster, expectation: ChangeExpectation
) -> Iterator[Difference]:
    """Yield what is declared differently: it changes what the findings are judged by."""
    old, new = declared_profile(before.facts), declared_profile(after.facts)
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was != now:
            setting = expectation.setting(key)
            text = f"The profile had {_setting_text(key, was)}, and has {_setting_text(key, now)}."
            is_expected = setting is not None and now == setting.tested
            yield Difference(
                _category(is_expected=is_expected), after.name, text, topic=Topic.PROFILE
            )


def declared_profile(facts: ClusterFacts) -> dict[str, str]:
    """Return what the operator declares, by key; external databases by their names."""
    profile = {
        key: setting.as_toml()
        for key, settings in facts.settings.items()
        for setting in settings
        if setting.origin is Origin.DECLARED
    }
    expected_ha = facts.high_availability
    if expected_ha is not None:
        # As a setting, so that it is spelled like every other key of the file.
        groups = None if isinstance(expected_ha, bool) else expected_ha
        declared = Setting(bool(expected_ha), Origin.DECLARED, "", groups)
        profile["high_availability"] = declared.as_toml()
    return profile | dict(_database_attributes(facts, declared=True))


def _setting_text(key: str, value: str | None) -> str:
    return f"no {key}" if value is None else f"{key} = {value}"


def _category(*, is_expected: bool) -> DifferenceCategory:
    return DifferenceCategory.EXPECTED if is_expected else DifferenceCategory.UNEXPECTED


def compare_observed_settings(
    before: ComparedCluster, after: ComparedCluster, expectation: ChangeExpectation
) -> Iterator[Difference]:
    """Yield what the cluster itself shows differently: features, peers, external databases."""
    old, new = observed_settings(before.facts), observed_settings(after.facts)
    for key in sorted(old.keys() & new.keys()):
        if old[key] != new[key]:
            text = f"What the cluster shows of {key} was {old[key]}, is {new[key]}."
            is_expected = _is_as_tested(expectation.setting(key), new[key])
            yield Difference(_category(is_expected=is_expected), after.name, text)
    # In one line: they come from the same database, and usually fail together.
    if unread := sorted(old.keys() - new.keys()):
        text = f"What the cluster showed of {join_names(unread)} could not be read now."
        yield Difference(DifferenceCategory.NEWLY_UNKNOWN, after.name, text)
    if newly_read := sorted(new.keys() - old.keys()):
        text = f"What the cluster shows of {join_names(newly_read)} could not be read before."
        yield Difference(DifferenceCategory.NEWLY_KNOWN, after.name, text)
    yield from compare_attributes(
        after.name, external_attributes(before.facts), external_attributes(after.facts)
    )
    # Unknown and not a change: a refused connection from this machine proves nothing about the
    # service, as in an audit.
    for name in sorted(_reached_databases(before.facts) - _reached_databases(after.facts)):
        text = f"External database {name} accepted a connection from here before, and not now."
        yield Difference(DifferenceCategory.NEWLY_UNKNOWN, after.name, text)


def observed_settings(facts: ClusterFacts) -> dict[str, str]:
    """Return the features that the cluster itself shows, by key."""
    return {
        key: setting.as_toml()
        for key, settings in facts.settings.items()
        for setting in settings
        if setting.origin is not Origin.DECLARED
    }


def _is_as_tested(setting: ExpectedSetting | None, shown: str) -> bool:
    """Return whether a feature is shown as tested, as far as the cluster can show its nodes."""
    if setting is None:
        return False
    is_on_somewhere = shown == TRUE_ON_SOME_NODES and setting.tested != "false"
    return is_on_somewhere or shown == setting.tested


def external_attributes(facts: ClusterFacts) -> Mapping[str, str]:
    """Return what is connected to the cluster: its peers, and the databases that it lists."""
    peers = facts.settings.get("intercluster", ())
    attributes = dict(_database_attributes(facts, declared=False))
    # Otherwise the list of peers was not read, and its emptiness means nothing.
    if any(setting.origin is not Origin.DECLARED for setting in peers):
        attributes["intercluster peers"] = join_sorted_names(facts.peers)
    return attributes


def _database_attributes(facts: ClusterFacts, *, declared: bool) -> Iterable[tuple[str, str]]:
    for database in facts.databases:
        if (database.origin is Origin.DECLARED) is declared:
            nodes = "every node" if database.nodes is None else join_sorted_names(database.nodes)
            text = f"{database.type} for {join_sorted_names(database.used_by)} on {nodes}"
            yield f"external database {database.name}", text


def _reached_databases(facts: ClusterFacts) -> set[str]:
    return {database.name for database in facts.databases if database.reach is Reach.REACHED}
