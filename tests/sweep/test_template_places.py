"""Every template and static file has an owner and a user: rooms render their own folder and the shared ones."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import jinja2
from jinja2 import nodes

from tests.sweep import source_tree

TEMPLATE = re.compile(r"[^*].*\.(html|txt|xml|svg|css)$")
ASSET = re.compile(r"[^*].*/.+\.\w+$")
LICENCES = re.compile(r"(?i)(^|[-_.])(licen[cs]e|copying|notice|ofl)([-_.]|$)")


def name_patterns(node: ast.expr | nodes.Node) -> str:
    """A string expression as a file pattern, `*` for what only a run knows: f"deals/{step}.html" → deals/*.html."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(name_patterns(part) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return name_patterns(left) + name_patterns(right)
        case nodes.Const() | nodes.TemplateData():
            return str(getattr(node, "value", getattr(node, "data", "")))
        case nodes.Concat():
            return "".join(name_patterns(part) for part in node.nodes)
        case nodes.Add():
            return name_patterns(node.left) + name_patterns(node.right)
    return "*"


def named_in_python(tree: ast.Module, form: re.Pattern[str] = TEMPLATE) -> Iterator[str]:
    """Patterns of the file names of this form in a Python file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
            pattern = name_patterns(node)
            if form.match(pattern) and not re.search(r"\s", pattern):
                yield pattern


def named_in_template(source: str, form: re.Pattern[str] = TEMPLATE) -> Iterator[str]:
    """Patterns of file names in a template: extends, include, import, and strings given to macros."""
    environment = jinja2.Environment(  # noqa: S701 - parses only, renders nothing
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols", "jinja2.ext.i18n"]
    )
    for node in environment.parse(source).find_all((nodes.Const, nodes.Concat, nodes.Add)):
        pattern = name_patterns(node)
        if form.match(pattern) and not re.search(r"\s", pattern):
            yield pattern


def references() -> set[tuple[str, str]]:
    """(room or template folder that names it, pattern) for all template names in the project."""
    found = set()
    for name in source_tree.files("dealflow/", suffix=".py"):
        owner = name.split("/")[1] if name.count("/") > 1 else ""
        found |= {(owner, pattern) for pattern in named_in_python(source_tree.parse(name))}
    for name in templates():
        found |= {
            (name.split("/")[0], pattern)
            for pattern in named_in_template(source_tree.read(f"templates/{name}"))
        }
    return found


def templates() -> list[str]:
    """Names of all templates as Jinja knows them."""
    return [name.removeprefix("templates/") for name in source_tree.templates()]


def homeless(folders: set[str], rooms: frozenset[str]) -> set[str]:
    """Template folders that belong to no room."""
    return folders - rooms - source_tree.SHARED_TEMPLATES


def test_every_template_folder_has_a_room() -> None:
    assert not homeless({name.split("/")[0] for name in templates()}, source_tree.rooms())


def unused(names: list[str], named: set[tuple[str, str]]) -> list[str]:
    """Templates that nobody names: in full, or, by their own room with a loader of its own, from a folder down."""
    found = []
    for name in names:
        room, *below = name.split("/")
        short = {"/".join(below[start:]) for start in range(len(below))}
        if not any(
            fnmatchcase(name, pattern)
            or (owner == room and any(fnmatchcase(each, pattern) for each in short))
            for owner, pattern in named
        ):
            found.append(name)
    return found


def test_every_template_is_rendered_or_included() -> None:
    found = unused(templates(), references())
    assert not found, "\n".join(found)


def test_rooms_render_only_their_own_folder_and_the_shared_ones() -> None:
    known = set(templates())
    foreign = [
        f"{owner}: {pattern}"
        for owner, pattern in sorted(references())
        if owner and any(fnmatchcase(name, pattern) for name in known)
        if pattern.split("/")[0] not in {owner, *source_tree.SHARED_TEMPLATES}
    ]
    assert not foreign, "\n".join(foreign)


def is_licence(name: str) -> bool:
    return bool(LICENCES.search(Path(name).name))


def unused_static(names: list[str], texts: str, patterns: set[str]) -> list[str]:
    """Static files that no text names and no pattern matches.

    Licences and READMEs are for people, and a folder with a fonts.conf is read whole by fontconfig.
    """
    whole = tuple(name.removesuffix("fonts.conf") for name in names if name.endswith("/fonts.conf"))
    return [
        name
        for name in names
        if not (
            is_licence(name)
            or name.endswith(".md")
            or (whole and name.startswith(whole))
            or Path(name).name in texts
        )
        if not any(fnmatchcase(name, f"static/{pattern}") for pattern in patterns)
    ]


def test_every_static_file_is_used() -> None:
    users = [*source_tree.files("dealflow/", "static/css/", "static/js/"), *source_tree.templates()]
    users = [name for name in users if Path(name).suffix in source_tree.TEXT_SUFFIXES | {".webmanifest"}]
    texts = "\n".join(source_tree.read(name) for name in users)
    patterns = set()
    for name in users:
        if name.endswith(".py"):
            patterns |= set(named_in_python(source_tree.parse(name), ASSET))
        elif name.startswith("templates/"):
            patterns |= set(named_in_template(source_tree.read(name), ASSET))
    names = [name for name in source_tree.all_files() if name.startswith("static/")]
    unused = unused_static(names, texts, patterns)
    assert not unused, "\n".join(unused)


def without_licence(names: list[str]) -> set[str]:
    """Folders of other people's work that carry no licence file."""
    vendored = [name for name in names if name.startswith("static/vendor/") and name.count("/") > 2]
    folders = {"/".join(name.split("/")[:3]) for name in vendored}
    folders |= {"static/fonts"} if any(name.startswith("static/fonts/") for name in names) else set()
    return {
        folder
        for folder in folders
        if not any(name.startswith(f"{folder}/") and is_licence(name) for name in names)
    }


def test_everything_vendored_carries_its_licence() -> None:
    assert not without_licence(list(source_tree.all_files()))


def test_the_sweeps_know_their_offenders() -> None:
    assert homeless({"deals", "dealz", "layouts"}, frozenset({"deals"})) == {"dealz"}
    names = ["static/js/board.js", "static/js/old.js", "static/css/a.css", "static/fonts/OFL.txt"]
    assert unused_static(names, "js/board.js", {"css/*.css"}) == ["static/js/old.js"]
    named = {("deals", "deals/deal.html"), ("deals", "cover.html"), ("pitches", "deals/_*.html")}
    used = ["deals/deal.html", "deals/pdf/cover.html", "deals/_card.html"]
    assert unused([*used, "deals/old.html", "pitches/cover.html"], named) == [
        "deals/old.html",
        "pitches/cover.html",
    ]
    assert without_licence(["static/vendor/a/a.js", "static/vendor/b/b.js", "static/vendor/b/LICENSE"]) == {
        "static/vendor/a"
    }


def test_names_that_only_a_run_knows_become_patterns() -> None:
    tree = ast.parse(
        "render(f'deals/{step}.html')\nrender('deals/' + step + '.html')\nrender('deals/deal.html')"
    )
    assert set(named_in_python(tree)) == {"deals/*.html", "deals/deal.html"}
    source = "{% extends 'layouts/page.html' %}{% include 'deals/_' ~ kind ~ '.html' %}{{ panel('deals/_x.html') }}"
    assert {"layouts/page.html", "deals/_*.html", "deals/_x.html"} <= set(named_in_template(source))
