"""Rules about what a submission changes: one package, in its place, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Confidence, Location, Severity, quote, quote_list
from bot.messages import and_more, listed, say
from bot.plugin.facts import Facts
from bot.rules.pull_request.text import chosen
from bot.rules.registry import Example, Hit, NotJudged, OnSubmission, rule
from bot.submission import template
from bot.submission.example import COMPLETE, submission
from bot.submission.submission import PACKAGE_SUFFIX, Submission, folder_of, is_package

_PATHS = "validator/check-pkg-paths.py"
_UPDATE = COMPLETE.replace("[x] New", "[ ] New").replace("[ ] Version", "[x] Version")

#: So many files are named one by one.
MAX_FILES = 20


@rule(
    "pull-request/single-package",
    severity=Severity.ERROR,
    summary="The pull request changes something else than one package.",
    why="The pre-check lists the files of the pull request, deleted and renamed ones too, and stops unless it is one "
    "file that ends in `.difypkg`. Nothing else is looked at then.",
    fix="Take everything else out of the pull request, and open one for each package.",
    authorities=(Authority(By.MARKETPLACE, "The pre-check stops at once.", _PATHS),),
    bad=Example("", submission=submission(COMPLETE, changed=("acme/weather/weather-0.1.0.difypkg", "README.md"))),
    good=Example("", submission=submission(COMPLETE)),
)
@OnSubmission
def single_package(facts: Facts, submission: Submission) -> Iterator[Hit]:
    if not submission.package.endswith(PACKAGE_SUFFIX):
        message = say("The name of a package ends in {suffix}, in small letters.", suffix=quote(PACKAGE_SUFFIX))
        yield Hit(message, "", location=Location(submission.package), subject="suffix")
    others = [path for path in submission.changed if path != submission.package]
    for number, path in enumerate(others[:MAX_FILES]):
        if path in submission.removed:
            text = say("The pull request removes {path} besides", path=quote(path))
        elif is_package(path):
            text = say("The pull request has a second package, {path}, besides", path=quote(path))
        else:
            text = say("The pull request changes {path} besides", path=quote(path))
        message = say(
            "{text} {package}. The marketplace takes one package, and nothing else, at a time.",
            text=text,
            package=quote(submission.package),
        )
        if number == MAX_FILES - 1 and len(others) > MAX_FILES:
            message += say(" {count} more files are changed.", count=len(others) - MAX_FILES)
        location = Location(path if path not in submission.removed else submission.package)
        yield Hit(message, "", location=location, subject=path, group="others")


@rule(
    "pull-request/package-path",
    severity=Severity.WARNING,
    summary="The package is not in the folder or does not have the name that its manifest asks for.",
    why="Packages lie in `author/name/`, named `name-version.difypkg`. Versions of one plugin are compared with the "
    "files beside them: in another folder an update is compared with nothing, or with another plugin.",
    fix="Move the package to the path that the finding names.",
    authorities=(Authority(By.MARKETPLACE, "A reviewer asks to move it.", "langgenius/dify-plugins, its folders"),),
    bad=Example("", submission=submission(COMPLETE, "weather.difypkg")),
    good=Example("", submission=submission(COMPLETE)),
)
@OnSubmission
def package_path(facts: Facts, submission: Submission) -> Iterator[Hit]:
    author, name, version = facts.author, facts.name, facts.version
    if not author or not name or not version or "/" in author + name + version:
        return
    path = submission.package
    folder, file = folder_of(path), path.rpartition("/")[2]
    wanted = f"{author}/{name}"
    # Some authors keep their packages below a folder of their own, and some write a package over the one before.
    in_place = folder.lower() == wanted.lower() or folder.lower().endswith(f"/{wanted.lower()}")
    named = {f"{name}-{version}.difypkg", f"{name}_{version}.difypkg", f"{author}-{name}-{version}.difypkg"}
    overwrites = file.lower() == f"{name}.difypkg".lower()
    if not in_place:
        at = quote(f"{folder}/") if folder else say("the root of the repository")
        message = say(
            "The package lies in {at}. Packages of this plugin belong into the folder {wanted}.",
            at=at,
            wanted=quote(wanted + "/"),
        )
        yield Hit(message, "", location=Location(path), subject="folder")
    if not overwrites and file.lower() not in {each.lower() for each in named}:
        message = say(
            "The file is named {file}, but its manifest says {value}.",
            file=quote(file),
            value=quote(f"{name}-{version}.difypkg"),
        )
        yield Hit(message, "", location=Location(path), subject="file")


@rule(
    "pull-request/submission-type",
    severity=Severity.WARNING,
    summary="The ticked type of submission is not what the pull request does.",
    why="The pre-check compares versions only where “Version update” is ticked, and then only with the packages in the "
    "same folder. With the wrong type nothing is compared, or there is nothing to compare with.",
    fix="Tick the other type, or move the package to the folder of the versions before.",
    authorities=(
        Authority(By.MARKETPLACE, "A reviewer asks; versions are not compared.", "toolkit/checks/pr/version_update.py"),
    ),
    bad=Example("", submission=submission(_UPDATE)),
    good=Example("", submission=submission(COMPLETE)),
)
@OnSubmission
def submission_type(facts: Facts, submission: Submission) -> Iterator[Hit]:
    body = submission.text
    box = chosen(body, template.TYPE) if body is not None else None
    if box is None:
        return
    earlier = submission.earlier
    if box.option == template.NEW_PLUGIN and earlier:
        message = say(
            "{new_plugin} is ticked, but the repository has the plugin: {earlier}. Tick {version_update}.",
            new_plugin=quote(template.NEW_PLUGIN),
            earlier=quote_list(earlier, 3),
            version_update=quote(template.VERSION_UPDATE),
        )
    elif box.option == template.VERSION_UPDATE and not earlier:
        message = say(
            "{version_update} is ticked, but no other version of the plugin is in the folder of the package, "
            "so the pre-check compares the version with nothing.",
            version_update=quote(template.VERSION_UPDATE),
        )
    else:
        return
    yield Hit(message, "", location=Location("", None, box.span, "body"))


# --- the identity of the plugin ---------------------------------------------------------------------------------------


@rule(
    "pull-request/second-listing",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="The repository has a plugin of the same name in another author's folder.",
    why="Dify tells plugins apart by author and name. A second listing under another author is another plugin: users "
    "of the first are not offered it, and who looks for the plugin finds two.",
    fix="Submit the update under the author of the first listing, or say in “What changed” why there are two.",
    authorities=(Authority(By.MARKETPLACE, "The plugin is listed twice.", "the marketplace, by author and name"),),
    bad=Example("", submission=submission(COMPLETE, before=("other/weather/weather-0.0.9.difypkg",))),
    good=Example("", submission=submission(COMPLETE)),
)
@OnSubmission
def second_listing(facts: Facts, submission: Submission) -> Iterator[Hit]:
    author, name = facts.author, facts.name
    if not author or not name or submission.earlier:
        return
    others = [path for path in submission.elsewhere(name) if author.lower() not in path.lower().split("/")]
    if not others:
        return
    message = say(
        "The repository has a plugin of this name under another author: {others}. Users of that listing are "
        "not offered this one by {author}.",
        others=quote_list(others, 3),
        author=quote(author),
    )
    yield Hit(message, "", location=Location(submission.package))


@rule(
    "pull-request/rival",
    severity=Severity.WARNING,
    summary="Another open pull request submits the same plugin.",
    why="Each of them is compared with what is merged, not with the other. The second to be merged can carry a lower "
    "version, or take back what the first brought.",
    fix="Close one of them.",
    authorities=(Authority(By.MARKETPLACE, "A reviewer asks which one counts.", "langgenius/dify-plugins #3002"),),
    bad=Example("", submission=submission(COMPLETE, rivals=((7, "acme/weather/weather-0.0.9.difypkg"),))),
    good=Example("", submission=submission(COMPLETE)),
)
@OnSubmission
def rival(facts: Facts, submission: Submission) -> Iterator[Hit | NotJudged]:
    if submission.rivals is None:
        reason = submission.rivals_unread or say("not asked for: `lookups` does not name `pull-requests`")
        yield NotJudged(reason, asked=bool(submission.rivals_unread))
        return
    if not submission.rivals:
        return
    shown = listed(
        say("{path} in pull request {number}", path=quote(path), number=number)
        for number, path in submission.rivals[:3]
    )
    shown = and_more(shown, len(submission.rivals) - 3)
    yield Hit(
        say("The same plugin is submitted by another open pull request: {shown}.", shown=shown),
        "",
        location=Location(submission.package),
    )
