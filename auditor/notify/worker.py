"""The process that sends one notification, `python -m auditor.notify.worker`.

It reads its job as JSON from standard input and prints nothing. Its exit code is 0 if the address
is valid (`check`) or the message was accepted.
"""

import json
import sys

from apprise import Apprise, AppriseAsset, NotifyFormat


def run_notify_worker() -> int:
    """Run the job on standard input; see `auditor.notify.send`."""
    job = json.load(sys.stdin)
    asset = AppriseAsset(app_id="auditor", app_desc="auditor", async_mode=False)
    service = Apprise.instantiate(job["url"], asset=asset)
    if service is None:
        return 1
    if job.get("check"):
        return 0
    sender = Apprise(asset=asset)
    sender.add(service)
    is_accepted = sender.notify(
        title=job["title"],
        body=job["body"],
        notify_type=job["type"],
        # So that a service that shows HTML gets the names of a cluster escaped.
        body_format=NotifyFormat.TEXT,
    )
    return 0 if is_accepted else 1


if __name__ == "__main__":
    sys.exit(run_notify_worker())
