"""Facts assembled with one profile, as another makes them: only what is declared differs."""

from dataclasses import replace
from pathlib import Path

from auditor.collect.facts import replace_profile
from auditor.config.loader import load_configuration
from auditor.config.overrides import load_with_features
from tests import factories as make

FILE = """
[[cluster]]
name = "lab"
cucm_publisher = "cucm.lab.test"
username = "audit"
[cluster.deployment]
permanent_chat = false

[[cluster]]
name = "peer"
cucm_publisher = "cucm.peer.test"
username = "audit"
[[cluster.intercluster_peer]]
address = "imp2"
"""


def test_the_profile_of_the_file_takes_the_place_of_the_tested_one(tmp_path: Path) -> None:
    """Discovered settings stay, and so do those that a peer in the file adds."""
    path = tmp_path / "auditor.toml"
    path.write_text(FILE)
    features = ["chat=true", "permanent_chat=true", 'routing_nodes=["imp1"]']
    (tested,) = load_with_features(path, "lab", features).select(["lab"])
    (file,) = load_configuration(path).select(["lab"])
    discovered_setting = make.setting(True, "discovered")
    settings = {
        **tested.settings,
        "web_clients": (discovered_setting,),
        "permanent_chat": (*tested.settings["permanent_chat"], discovered_setting),
    }
    before = make.cluster(profile=settings, named=tested.named)
    after = replace_profile(before, tested, file)
    assert after.settings["web_clients"] == (discovered_setting,)
    declared, discovered = after.settings["permanent_chat"]
    assert (declared.on, discovered) == (False, discovered_setting)
    assert after.settings["intercluster_synced_from"][0].nodes == frozenset({"imp2"})
    assert not {"chat", "routing_nodes"} & after.settings.keys()
    assert "deployment.routing_nodes" not in after.named
    assert replace(after, settings=before.settings, named=before.named) == before
