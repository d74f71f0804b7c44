"""What code is able to do, on a labelled set of lines: each is a use of what is named, or of nothing."""

from __future__ import annotations

import pytest

from bot.options import Options, Profile
from bot.plugin import Plugin, find_roots
from bot.plugin.hosts import hosts_of, is_declared, unreadable_calls
from bot.plugin.passport import passport_of
from bot.python.capabilities import Capability, dangers, endless_requests, shown_credentials, uses
from bot.python.module import Modules
from bot.review.engine import open_plugin
from bot.source.memory import MemoryTree
from tests.support.submitting import submission

HEAD = """\
import asyncio, importlib, json, marshal, os, pickle, re, shutil, subprocess, tempfile, urllib.request
import logging
import httpx, requests, yaml
import requests as rq
from os import remove as gone, system
from pathlib import Path
from requests import get
from subprocess import run

logger = logging.getLogger(__name__)


def f(self, api_key, client, command, credentials, model, path, table, text, tokens, url, **options):
"""


def modules(*lines: str) -> Modules:
    body = "\n".join(f"    {line}" for line in lines)
    return Modules(MemoryTree({"a.py": f"{HEAD}{body}\n".encode()}))


LABELLED = {
    "subprocess.run(['ls'], check=True)": Capability.PROCESS,
    "run(['ls'])": Capability.PROCESS,
    "os.system('ls')": Capability.PROCESS,
    "system('ls')": Capability.PROCESS,
    "os.execvp('ls', ['ls'])": Capability.PROCESS,
    "asyncio.create_subprocess_shell(command)": Capability.PROCESS,
    "eval(text)": Capability.CODE,
    "exec(text)": Capability.CODE,
    "compile(text, 'x', 'exec')": Capability.CODE,
    "pickle.loads(text)": Capability.CODE,
    "marshal.load(text)": Capability.CODE,
    "importlib.import_module(text)": Capability.IMPORT,
    "__import__(text)": Capability.IMPORT,
    "open(path)": Capability.FILES,
    "gone(path)": Capability.FILES,
    "shutil.rmtree(path)": Capability.FILES,
    "tempfile.NamedTemporaryFile()": Capability.FILES,
    "Path(path).write_text(text)": Capability.FILES,
    "requests.get(url)": Capability.NETWORK,
    "rq.post(url)": Capability.NETWORK,
    "get(url)": Capability.NETWORK,
    "httpx.AsyncClient()": Capability.NETWORK,
    "urllib.request.urlopen(url)": Capability.NETWORK,
    "import sqlite3": Capability.DATABASE,
    "from sqlalchemy import create_engine, text": Capability.DATABASE,
    "import paramiko": Capability.SSH,
    "from playwright.sync_api import sync_playwright": Capability.BROWSER,
    "import ctypes": Capability.NATIVE,
    # What only has the name of one.
    "model.eval()": None,
    "re.compile(text)": None,
    "client.get(url)": None,
    "table.execute(text)": None,
    "self.run(command)": None,
    "client.open(path)": None,
    "text.replace('a', 'b')": None,
    "json.loads(text)": None,
    "os.path.join(path, text)": None,
    "os.environ.get('HOME')": None,
    "subprocess.list2cmdline(command)": None,
    "raise subprocess.CalledProcessError(1, command)": None,
    "x = 'subprocess.run(command)'": None,
    "y = 'SELECT a FROM b'": None,
    "asyncio.run(text)": None,
    "yaml.safe_load(text)": None,
    "from .redis import x": None,
    "eval = json.loads; eval(text)": None,
}


@pytest.mark.parametrize("line", LABELLED)
def test_a_line_is_a_use_or_none(line: str) -> None:
    found = uses(modules(line), ["a.py"])
    expected = LABELLED[line]
    assert [use.capability for use in found] == ([expected] if expected else [])
    assert all(use.span.line == HEAD.count("\n") + 1 for use in found)


DANGERS = {
    "subprocess.run(command, shell=True)": "shell",
    "os.system(f'ls {path}')": "shell",
    "os.popen('ls ' + path)": "shell",
    "eval(text)": "code",
    "exec(compile(text, 'x', 'exec'))": "code",
    "pickle.loads(text)": "objects",
    "yaml.load(text)": "objects",
    "yaml.load(text, Loader=yaml.UnsafeLoader)": "objects",
    "subprocess.run('ls -l', shell=True)": None,
    "subprocess.run(['ls', path])": None,
    "subprocess.run(command, shell=False)": None,
    "fixed = 'ls -l'; os.system(fixed)": None,
    "eval('1 + 1')": None,
    "yaml.load(text, Loader=yaml.SafeLoader)": None,
    "pickle.dumps(text)": None,
}


@pytest.mark.parametrize("line", DANGERS)
def test_what_can_run_what_others_wrote(line: str) -> None:
    assert [found.sort for found in dangers(modules(line), ["a.py"])] == [DANGERS[line]] * bool(DANGERS[line])


ENDLESS = {
    "requests.get(url)": True,
    "rq.post(url, json={})": True,
    "get(url)": True,
    "requests.request('GET', url)": True,
    "requests.get(url, timeout=None)": True,
    "httpx.get(url, timeout=None)": True,
    "session = requests.Session(); session.post(url)": True,
    "requests.get(url, timeout=10)": False,
    "requests.get(url, **options)": False,
    "httpx.get(url)": False,
    "session = requests.Session(); session.post(url, timeout=3)": False,
    "client.get(url)": False,
    "requests.exceptions.RequestException(url)": False,
}


@pytest.mark.parametrize("line", ENDLESS)
def test_requests_without_a_limit_of_time(line: str) -> None:
    assert bool(list(endless_requests(modules(line), ["a.py"]))) is ENDLESS[line]


SHOWN = {
    "logger.info('key %s', api_key)": "log",
    "logging.error(f'refused: {api_key}')": "log",
    "logger.debug('all: %s', credentials)": "log",
    "logger.info(credentials['password'])": "log",
    "logger.info(credentials.get('api_key'))": "log",
    "self.logger.info('%s', api_key)": "log",
    "raise ValueError(f'not valid: {api_key}')": "exception",
    "logger.info('the api_key is missing')": None,
    "logger.info('tokens: %s', tokens)": None,
    "logger.info('length %s', len(api_key))": None,
    "logger.info('%s', mask(api_key))": None,
    "logger.info('%s', api_key[:4])": None,
    "logger.info('%s', bool(api_key))": None,
    "logger.info('found' if api_key else 'missing')": None,
    "client.info(api_key)": None,
    "logger.info('%s bytes', token_size)": None,
    "for token in text.split(): logger.info(token)": None,
    "for part in text: token = part.strip(); logger.info(token)": None,
    "for account in text: token = account.token; logger.info(token)": "log",
    "for token in self.access_tokens: logger.info(token)": "log",
    "for part in text: logger.info(token)": "log",
    "raise ValueError(str(text))": None,
    "raise CredentialsError('not valid')": None,
}


@pytest.mark.parametrize("line", SHOWN)
def test_credentials_in_logs_and_exceptions(line: str) -> None:
    assert [found.where for found in shown_credentials(modules(line), ["a.py"])] == [SHOWN[line]] * bool(SHOWN[line])


def plugin(source: str, manifest: str = "") -> Plugin:
    files = submission()
    files["tools/client.py"] = source.encode()
    files["manifest.yaml"] += manifest.encode()
    tree = MemoryTree(files)
    return open_plugin(tree, find_roots(tree)[0], Options(profile=Profile.MARKETPLACE))


def hosts(source: str) -> list[str]:
    known = {host.name for host in hosts_of(plugin(""))}
    return [host.name for host in hosts_of(plugin(source)) if host.name not in known]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("A = 'https://api.acme.io/v1'\n", ["api.acme.io"]),
        ("A = f'https://api.acme.io/{x}'\n", ["api.acme.io"]),
        ("A = 'wss://user:pass@live.acme.io:8443/x'\n", ["live.acme.io"]),
        ("A = 'http://120.53.250.39:8000'\n", ["120.53.250.39"]),
        ("A = f'https://{x}.acme.io'\n", []),
        ("A = f'https://acme.{x}'\n", []),
        ("# https://api.acme.io\n", []),
        ("def f():\n    '''See https://api.acme.io.'''\n", []),
        ("A = 'https://github.com/acme/x https://docs.acme.io http://localhost:1 https://a.example.com'\n", []),
        ("A = 'http://192.168.1.4/x'\n", []),
        ("A = {'example': 'https://www.abc.io'}\n", []),
        ("A = [" + ",".join(f"'https://a{n}.acme.io'" for n in range(30)) + "]\n", []),
    ],
)
def test_hosts_that_are_asked(source: str, names: list[str]) -> None:
    assert hosts(source) == names


def test_domains_that_are_declared() -> None:
    declared = {"acme.io": (), "*.weather.io": ()}
    assert is_declared("acme.io", declared)
    assert is_declared("weather.io", declared)
    assert is_declared("api.weather.io", declared)
    assert not is_declared("api.acme.io", declared)
    assert not is_declared("myweather.io", declared)


def test_calls_whose_host_cannot_be_read() -> None:
    source = "import httpx\n\n\ndef f(url):\n    httpx.get(url)\n    httpx.get('https://api.acme.io')\n"
    assert unreadable_calls(plugin(source)) - unreadable_calls(plugin("")) == 1


def test_a_passport() -> None:
    source = "import subprocess\n\n\ndef f(c):\n    return subprocess.run(c, check=False)\n"
    passport = passport_of(plugin(source))
    (use,) = passport.capabilities[Capability.PROCESS]
    assert (use.what, use.path, use.span.line) == ("subprocess.run", "tools/client.py", 5)
    assert passport.level == "high"
    assert passport_of(plugin("")).level == "medium"
