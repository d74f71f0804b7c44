"""Rules about the README: that it is there, that it is the plugin's own, and that its images are shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.findings import Authority, By, Confidence, Severity, quote
from bot.options import Profile
from bot.plugin import Plugin
from bot.plugin.documents import README, images_of, readmes, shown_in_dify, shown_on_github
from bot.plugin.markdown import span_at, without_fences
from bot.rules.registry import Example, Hit, rule

_PNG = b"\x89PNG\r\n\x1a\n"
_CONSOLE = "The README shows a broken picture."
_DETAIL = "web, markdown-utils.ts, use-plugins.ts"


def _marketplace(plugin: Plugin, severity: Severity) -> Severity:
    return Severity.ERROR if plugin.options.profile is Profile.MARKETPLACE else severity


@rule(
    "readme/missing",
    severity=Severity.WARNING,
    summary="The plugin has no README.",
    why="Dify shows `README.md` on the plugin's page and has nothing to show without it. The marketplace requires it.",
    fix="Add `README.md` at the plugin root, in English: what the plugin does, how to set it up, how to use it.",
    authorities=(
        Authority(By.CONSOLE, "The plugin's page is empty.", "decoder/helper.go:529"),
        Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", "toolkit/checks/readme.py"),
    ),
    bad=Example("", removed=("README.md",)),
    good=Example(""),
)
def missing(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not plugin.manifest.readable or README in plugin.tree.entries():
        return
    other = plugin.files_by_lower.get(README.lower())
    if other is not None:
        message = f"The file is called {quote(other)}; Dify reads `README.md` only, in just that spelling."
        yield Hit(message, other, severity=_marketplace(plugin, Severity.WARNING))
    else:
        message = "There is no `README.md`: the plugin's page is empty."
        yield Hit(message, plugin.manifest.path, severity=_marketplace(plugin, Severity.WARNING))


@rule(
    "readme/ignored",
    severity=Severity.WARNING,
    summary="The README is left out of the package.",
    why="Dify reads `README.md` from the package.",
    fix="Narrow the pattern in the ignore file.",
    authorities=(Authority(By.CONSOLE, "The plugin's page is empty.", "decoder/fs.go:67"),),
    bad=Example("*.md\n", path=".difyignore", whole=True),
    good=Example("__pycache__/\n", path=".difyignore", whole=True),
)
def ignored(plugin: Plugin) -> Iterator[Hit]:
    if not plugin.has_file(README):
        return
    pattern = plugin.packing.left_out_by(README)
    if pattern is not None:
        message = f"{quote(pattern.text)} leaves `README.md` out of the package."
        yield Hit(message, plugin.packing.ignore.path, pattern.span, subject=pattern.text)


#: What the templates of the CLI say where an author should.
_PLACEHOLDERS = (
    "Replace the placeholder sections below with real content before publishing",
    "Describe how to configure the plugin: required credentials or API keys, where to obtain them",
)
# The older template: a heading, three lines about the plugin, and an empty description.
_SKELETON = re.compile(r"^(#.*|\*\*(Author|Version|Type|作者|版本|类型).{0,3}\*\*.*|[\s>*_-]*)$", re.MULTILINE)


@rule(
    "readme/template",
    severity=Severity.WARNING,
    summary="The README is empty, or still the one of the template.",
    why="Users learn nothing from it, and the marketplace refuses an empty README.",
    fix="Write what the plugin does, how to get credentials and how to use it.",
    authorities=(
        Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", "toolkit/checks/readme.py"),
        Authority(By.PROJECT, "Users learn nothing about the plugin.", "cmd/commandline/plugin/templates/README.md"),
    ),
    bad=Example(
        "# weather\n\n**Author:** acme\n**Version:** 0.1.0\n**Type:** tool\n\n## Description\n",
        path="README.md",
        whole=True,
    ),
    good=Example("# Weather\n\nThe current weather of any place.\n", path="README.md", whole=True),
)
def template(plugin: Plugin) -> Iterator[Hit]:
    for readme in readmes(plugin) if not plugin.is_bundle else ():
        if readme.text is None or readme.path != README:
            continue
        if not readme.text.strip():
            message = "The README is empty."
            yield Hit(message, readme.path, severity=_marketplace(plugin, Severity.WARNING))
            continue
        for placeholder in _PLACEHOLDERS:
            start = readme.text.find(placeholder)
            if start >= 0:
                message = "The README still holds text of the template, which asks to be replaced."
                yield Hit(message, readme.path, span_at(readme.text, start, len(placeholder)), subject=placeholder)
                break
        else:
            if len(readme.text) < 4000 and not _SKELETON.sub("", readme.text).strip():
                message = "The README says nothing: it is the one of the template, with headings and fields alone."
                yield Hit(message, readme.path)


_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_HAN_RUN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]{1,40}")


@rule(
    "readme/not-english",
    severity=Severity.NOTICE,
    summary="`README.md` holds Chinese characters.",
    why="`README.md` is the English README; translations have files of their own. The marketplace refuses every "
    "Chinese character in it outside code blocks.",
    fix="Write it in English, and move the Chinese text to `readme/README_zh_Hans.md`.",
    authorities=(
        Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", "toolkit/checks/readme.py"),
        Authority(By.DOCS, "The README must be in English.", "multilingual-readme.mdx:15"),
    ),
    bad=Example("# Weather\n\n任意城市的当前天气。\n", path="README.md", whole=True),
    good=Example("# Weather\n\nThe current weather of any place.\n", path="README.md", whole=True),
)
def not_english(plugin: Plugin) -> Iterator[Hit]:
    for readme in readmes(plugin) if not plugin.is_bundle else ():
        if readme.path != README or readme.text is None:
            continue
        # The marketplace's check knows one kind of fence, and counts code within a line.
        prose = without_fences(readme.text, tildes=False)
        count = len(_HAN.findall(prose))
        first = _HAN_RUN.search(prose)
        if first is None:
            continue
        many = "one Chinese character" if count == 1 else f"{count:,} Chinese characters"
        message = f"The README holds {many}, the first being {quote(first[0])}; the marketplace refuses it."
        span = span_at(readme.text, first.start(), len(first[0]))
        yield Hit(message, readme.path, span, severity=_marketplace(plugin, Severity.NOTICE))


# --- images -------------------------------------------------------------------------------------------------------


def _exists(plugin: Plugin, path: str) -> bool:
    return path in plugin.tree.entries()


def _anywhere(plugin: Plugin, path: str) -> str | None:
    """The file that a path means but for its letter case."""
    return plugin.files_by_lower.get(path.lower())


@rule(
    "readme/missing-image",
    severity=Severity.WARNING,
    summary="A README shows an image that does not exist.",
    why="Readers see a broken picture, in Dify and on GitHub.",
    fix="Add the image to `_assets`, or correct its path. Letter case counts.",
    authorities=(Authority(By.CONSOLE, _CONSOLE, _DETAIL),),
    bad=Example("# Weather\n\n![The forecast](_assets/forecast.png)\n", path="README.md", whole=True),
    good=Example(
        "# Weather\n\n![The forecast](_assets/forecast.png)\n",
        path="README.md",
        whole=True,
        files={"_assets/forecast.png": _PNG},
    ),
)
def missing_image(plugin: Plugin) -> Iterator[Hit]:
    for readme, image in images_of(plugin):
        paths = [path for path in (shown_in_dify(image.target), shown_on_github(readme.path, image.target)) if path]
        if any(_exists(plugin, path) for path in paths):
            continue
        actual = next((found for path in paths if (found := _anywhere(plugin, path))), None)
        if actual is None and paths[-1].startswith("../"):
            continue  # It lies outside the plugin, where the review does not look.
        if actual is not None:
            message = f"The image is spelled {quote(actual)}, not {quote(image.target)}."
        else:
            message = f"There is no image {quote(image.target)}."
        yield Hit(message, readme.path, image.span, subject=image.target)


@rule(
    "readme/image-outside-assets",
    severity=Severity.WARNING,
    summary="A README shows an image that lies outside `_assets`.",
    why="Dify asks for images in `_assets` only: elsewhere, the image is seen on GitHub and nowhere in Dify.",
    fix="Move the image to `_assets` and write `_assets/<name>`.",
    authorities=(Authority(By.CONSOLE, _CONSOLE, _DETAIL),),
    bad=Example(
        "# Weather\n\n![The forecast](images/forecast.png)\n",
        path="README.md",
        whole=True,
        files={"images/forecast.png": _PNG},
    ),
    good=Example(
        "# Weather\n\n![The forecast](_assets/forecast.png)\n",
        path="README.md",
        whole=True,
        files={"_assets/forecast.png": _PNG},
    ),
)
def image_outside_assets(plugin: Plugin) -> Iterator[Hit]:
    for readme, image in images_of(plugin):
        path = shown_on_github(readme.path, image.target)
        if shown_in_dify(image.target) or path.startswith("_assets/"):
            continue
        outside = path.startswith("../")
        if outside or _exists(plugin, path):
            where = "the plugin" if outside else "`_assets`"
            name = path.rpartition("/")[2]
            message = f"{quote(image.target)} lies outside {where}, where Dify does not look: "
            message += f"move it to {quote(f'_assets/{name}')}."
            yield Hit(message, readme.path, image.span, subject=image.target)


@rule(
    "readme/image-path",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="An image of a README is found by GitHub or by Dify, but not by both.",
    why="Dify shows an image when its address begins with `_assets/` or `./_assets/`, whatever README it stands in. "
    "GitHub starts at the README's own folder. In `README.md` that is the same; in `readme/` only a whole URL works "
    "for both.",
    fix="In `README.md` write `_assets/<name>`; in a translation a whole URL, or `_assets/<name>` for Dify.",
    authorities=(Authority(By.CONSOLE, _CONSOLE, _DETAIL),),
    bad=Example("# 天气\n\n![预报](../_assets/icon.svg)\n", path="readme/README_zh_Hans.md", whole=True),
    good=Example("# Weather\n\n![The icon](_assets/icon.svg)\n", path="README.md", whole=True),
)
def image_path(plugin: Plugin) -> Iterator[Hit]:
    for readme, image in images_of(plugin):
        path = shown_on_github(readme.path, image.target)
        if not shown_in_dify(image.target) and path.startswith("_assets/") and _exists(plugin, path):
            message = f"GitHub shows this image, but Dify does not: it looks for addresses such as {quote(path)}."
            yield Hit(message, readme.path, image.span, subject=image.target, group=f"readme/image-path {readme.path}")
