"""One page: a template of the service in the shared frame, in the language of the reader."""

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape

from shared.web import assets, catalogue, figures
from shared.web.event_names import event_name
from shared.web.identity import Person, Role
from shared.web.language import LANGUAGES, language_of, local, own_name, speaking, spoken
from shared.web.names import name_of
from shared.web.people import person_name

WEB = Path(__file__).parent
SERVICES = WEB.parents[1] / "services"
made: dict[str, Environment] = {}


def render(
    request: Request, template: str, *, person: Person | None = None, status: int = 200, **values: Any
) -> HTMLResponse:
    """The page as the reader's browser gets it. `person` is who is looking; values go to the template."""
    environment = environment_of(request.app.state.name)
    language = language_of(request)
    with speaking(language):
        body = environment.get_template(template).render(
            request=request,
            person=person,
            language=language,
            demo=request.app.state.settings.demo,
            **values,
        )
    return HTMLResponse(body, status_code=status, headers={"Cache-Control": "no-store", "Vary": "Cookie"})


def environment_of(service: str) -> Environment:
    """The templates that a service may use: its own, then the shared ones."""
    if service not in made:
        made[service] = _environment(service)
    return made[service]


def _environment(service: str) -> Environment:
    folders = (SERVICES / service / "templates", WEB / "templates")
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        catalogue.gettext, catalogue.ngettext, newstyle=True, pgettext=catalogue.pgettext
    )
    environment.filters |= {"local": local, "own_name": own_name, **figures.FILTERS}
    environment.globals |= {
        "static": assets.url,
        "Role": Role,
        "languages": LANGUAGES,
        "name_of": name_of,
        "event_name": event_name,
        "person_name": person_name,
        "spoken": spoken.get,
    }
    return environment
