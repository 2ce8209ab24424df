"""From settings to servers: where one is reached, whom it must prove to be, with what patience."""

from auditor.config.settings import ClusterSettings, Dial
from auditor.soap.client import Endpoint, Limits


def endpoint(
    settings: ClusterSettings,
    name: str,
    dial: Dial,
    others: frozenset[str],
    *,
    insecure: bool = False,
) -> Endpoint:
    """Return one server of a cluster; `others` are the names of its other nodes, lower case."""
    return Endpoint(
        name=name,
        host=dial.host,
        port=dial.port,
        verify_name=dial.verify_name,
        pins=settings.pins.get(name.casefold(), ()),
        ca_bundle=settings.ca_bundle,
        legacy_tls=settings.legacy_tls,
        insecure=insecure,
        proxy=settings.proxy,
        other_names=others,
        told_names=settings.told_names,
    )


def limits(settings: ClusterSettings) -> Limits:
    """Return how much patience a server of the cluster gets."""
    return Limits(timeout_s=settings.timeout_s, backoff_s=settings.backoff_s)
