"""Renders the page of the estate: one file that loads nothing and runs no script."""

from markupsafe import Markup

from auditor import __version__
from auditor.models.estate import Estate
from auditor.report.html.environment import (
    content_security_policy,
    read_asset,
    template_environment,
)
from auditor.report.html.estate.view import build_estate_view


def render_estate_page(estate: Estate) -> str:
    """Return the figures as one HTML page that works from a file, without network and scripts."""
    style = "\n".join((read_asset("style.css"), read_asset("estate/style.css")))
    return (
        template_environment()
        .get_template("estate/page.html.j2")
        .render(
            estate=estate,
            view=build_estate_view(estate),
            policy=content_security_policy(style),
            style=Markup(style),  # noqa: S704 - files of ours
            version=__version__,
        )
    )
