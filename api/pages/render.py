"""Turns templates into pages that are well-formed as XML too, and that may load nothing."""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from falcon.asgi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from api.pages.diff import clean, mark_up, with_marks

BEGINNING_LENGTH = 300
"""Of what is only mentioned."""

_HERE = Path(__file__).parent


def show(response: Response, template: str, **values: Any) -> None:
    """Answer with a page."""
    environment, policy = _environment()
    response.content_type = "text/html; charset=utf-8"
    response.set_header("Content-Security-Policy", policy)
    response.data = environment.get_template(template).render(values).encode()


def mark_code(text: str) -> Markup:
    """Give a text as HTML, with what stands between backticks as code."""
    parts = (escape(clean(part)) for part in text.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in enumerate(parts)
    )


def beginning(text: str, length_max: int = BEGINNING_LENGTH) -> str:
    """The text, or so much of it as a page shows."""
    return text if len(text) <= length_max else text[:length_max] + "…"


@lru_cache(maxsize=1)
def _environment() -> tuple[Environment, str]:
    """The templates, and a policy that allows our one style and nothing else."""
    style = (_HERE / "style.css").read_text()
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_clean,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["style"] = Markup(style)
    environment.filters["diff"] = mark_up
    environment.filters["marks"] = with_marks
    environment.filters["code"] = mark_code
    environment.filters["beginning"] = beginning
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return environment, policy + "; frame-ancestors 'none'"


def _clean(value: object) -> object:
    if isinstance(value, Markup):
        return value
    return clean(value) if isinstance(value, str) else value
