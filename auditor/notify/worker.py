"""The process that carries one notification, `python -m auditor.notify.worker`.

Its errand stands on standard input. It says nothing; its exit code is 0 where the address was
understood (`check`) or the message was taken.
"""

import json
import sys

from apprise import Apprise, AppriseAsset, NotifyFormat


def run_notify_worker() -> int:
    """Carry out the errand on standard input; see `auditor.notify.send`."""
    errand = json.load(sys.stdin)
    asset = AppriseAsset(app_id="auditor", app_desc="auditor", async_mode=False)
    service = Apprise.instantiate(errand["url"], asset=asset)
    if service is None:
        return 1
    if errand.get("check"):
        return 0
    messenger = Apprise(asset=asset)
    messenger.add(service)
    taken = messenger.notify(
        title=errand["title"], body=errand["body"], body_format=NotifyFormat.TEXT
    )
    return 0 if taken else 1


if __name__ == "__main__":
    sys.exit(run_notify_worker())
