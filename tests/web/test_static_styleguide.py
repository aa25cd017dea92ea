"""The style guide and the layouts rendered with the application's own filters and globals, in both languages."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template
from flask_wtf.csrf import CSRFProtect
from wtforms import (
    BooleanField,
    FieldList,
    FileField,
    Form,
    FormField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from dealflow.core import i18n
from dealflow.core.actor import Actor
from dealflow.web import context

ROOT = Path(__file__).parents[2]
VOID = {"meta", "link", "input", "br", "hr", "img", "source", "use", "rect", "circle", "path", "line"}


class Outline(HTMLParser):
    """What a page is made of: ids, references, labelled controls, and what a strict CSP would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.refs: list[str] = []
        self.refused: list[str] = []
        self.open: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.refused += [f"{tag} {n}" for n in given if n == "style" or n.startswith("on")]
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.refused.append(f"inline <{tag}>")
        if "id" in given:
            self.ids.append(given["id"])
        for name in ("aria-describedby", "aria-labelledby", "for"):
            self.refs += given.get(name, "").split()
        if tag in ("h1", "h2"):
            self.headings.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open, f"</{tag}> closes nothing"
        opened = self.open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"


def options(*words: str) -> list[SelectChoice]:
    """Choices whose value is their label."""
    return [SelectChoice(word, word) for word in words]


class Line(Form):
    label = StringField("Line")
    kind = SelectField("Kind", choices=options("production", "ad_spend"))
    amount = StringField("Amount")


class Pitch(Form):
    title = StringField("Title", [InputRequired()])
    logline = TextAreaField("Logline")
    ask = StringField("Ask")
    stage = SelectField("Stage", choices=options("development"))
    episodes = StringField("Episodes")
    genres = SelectMultipleField("Genres", choices=options(*(f"genre {n}" for n in range(20))))
    visibility = RadioField("Visibility", choices=options("private", "invited"))
    shoot = StringField("Shoot")
    confirm = BooleanField("Notify")
    poster = FileField("Poster")
    bad = StringField("Budget")


class Lines(Form):
    use_of_funds = FieldList(FormField(Line))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_the_style_guide_is_whole_and_keeps_the_content_policy(
    frame: Flask, language: str, signed_in: bool
) -> None:
    page = outline(frame, language, "components/styleguide.html", **values(signed_in))
    assert page.refused == []
    assert page.open == []
    assert sorted(set(page.ids)) == sorted(page.ids)
    assert set(page.refs) <= set(page.ids)
    assert page.headings.count("h1") == 1


@pytest.mark.parametrize("layout", ["base", "auth", "error"])
def test_every_layout_stands_without_any_block_but_a_title(frame: Flask, layout: str) -> None:
    text = "{% extends 'layouts/" + layout + ".html' %}{% block title %}A < B{% endblock %}"
    frame.jinja_env.from_string(text)
    with frame.test_request_context("/"):
        i18n.activate("en", "UTC")
        html = frame.jinja_env.from_string(text).render(**context_of(frame))
    assert "<title>A < B · Dealflow</title>" in html
    assert html.count("<h1>A < B</h1>") == 1


def test_user_text_in_macros_is_text(frame: Flask) -> None:
    source = (
        "{% from 'components/surfaces.html' import stat, definition_list, avatar %}"
        "{% from 'components/tables.html' import td, diff_view %}{% from 'components/charts.html' import episode_strip %}"
        "{{ stat(x, x) }}{{ definition_list([(x, x)]) }}{{ avatar(x) }}{{ td(x, x) }}"
        "{{ diff_view([{'label': x, 'before': x, 'after': x}]) }}"
        "{{ episode_strip(9, [{'episode': 2, 'kind': 'hook', 'note': x}]) }}"
    )
    with frame.test_request_context("/"):
        i18n.activate("en", "UTC")
        html = frame.jinja_env.from_string(source).render(x="<b onclick=x>{{ 7 * 7 }}\"'")
    assert "<b onclick" not in html
    assert "49" not in html


def test_contributions_without_any_value_draw_nothing(frame: Flask) -> None:
    source = "{% from 'components/charts.html' import contribution_bars %}{{ contribution_bars([]) }}"
    with frame.test_request_context("/"):
        i18n.activate("en", "UTC")
        assert "<li" not in frame.jinja_env.from_string(source).render()


def test_a_flat_line_and_a_single_point_can_be_drawn(frame: Flask) -> None:
    source = (
        "{% from 'components/charts.html' import line_chart, sparkline, share_bar %}"
        "{{ line_chart([{'name': 'a', 'values': [0]}], ['x'], 'c') }}{{ line_chart([{'name': 'a', 'values': [none, 5]}], ['x', 'y'], 'c') }}"
        "{{ sparkline([3]) }}{{ share_bar([], 'none') }}"
    )
    with frame.test_request_context("/"):
        i18n.activate("en", "UTC")
        html = frame.jinja_env.from_string(source).render()
    assert "nan" not in html.lower()


def context_of(app: Flask) -> dict[str, Any]:
    """What the application's context processors give."""
    given: dict[str, Any] = {}
    app.update_template_context(given)
    return given


def values(signed_in: bool) -> dict[str, Any]:
    form = Pitch()
    form.bad.errors = ["This amount cannot be read"]
    given: dict[str, Any] = {
        "form": form,
        "rows_form": Lines(data={"use_of_funds": [{"label": "Shoot", "amount": "18万"}]}),
        "rows_blank": Line(prefix="use_of_funds-NEW"),
    }
    if signed_in:
        places = ({"id": "1", "name": "A"}, {"id": "2", "name": "B"})
        given["actor"] = Actor(user_id="1", organisation_id="1", organisation_name="A", memberships=places)
        given["nav"] = [
            {"key": str(n), "label": f"Place {n}", "url": "/", "icon": "home", "active": n == 8, "count": n}
            for n in range(9)
        ]
        given["unread_count"] = 120
    return given


def outline(app: Flask, language: str, template: str, **given: Any) -> Outline:
    """The template's page, taken apart."""
    with app.test_request_context("/styleguide"):
        i18n.activate(language, "Asia/Shanghai")
        html = render_template(template, **given)
    page = Outline()
    page.feed(html)
    return page


@pytest.fixture
def frame() -> Flask:
    """A bare application with the product's templates, filters and globals, and no room."""
    app = Flask("frame", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(SECRET_KEY="test", SESSION_COOKIE_SECURE=False)
    app.add_url_rule("/styleguide", "styleguide", lambda: "")
    CSRFProtect(app)
    context.install(app)
    return app
