"""The cases in which the readers of the format disagree or nobody says a word, as the ledger of the format lists them.

Each case changes one place of a clean document and expects just one violation. In the new text `§` stands before the
place where the violation must point.
"""

from __future__ import annotations

import pytest
from msgspec import Struct

from bot.document import read_document
from bot.findings import By, Severity
from bot.format.judge.verdict import span_of, validate
from bot.format.traits import DocumentKind
from tests.format.plugins import SAMPLES

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTICE
P, I, A, S, R, C = By.PACKAGER, By.INSTALLER, By.PLATFORM, By.SDK, By.DEBUGGING, By.CONSOLE  # noqa: E741

MANIFEST = "tools/manifest.yaml"
PROVIDER = "tools/provider/weather.yaml"
TOOL = "tools/tools/forecast.yaml"
GROUP = "tools/group/hooks.yaml"
ENDPOINT = "tools/endpoints/report.yaml"
MODELS = "models/provider/acme.yaml"
MODEL = "models/models/llm/large.yaml"
POSITION = "models/models/llm/_position.yaml"
AGENT = "agent/provider/planner.yaml"
STRATEGY = "agent/strategies/plan.yaml"
DATASOURCES = "datasource/provider/drive.yaml"
DATASOURCE = "datasource/datasources/files.yaml"
TRIGGER = "trigger/provider/shop.yaml"
EVENT = "trigger/events/order.yaml"
BUNDLE = "bundle/manifest.yaml"


class Case(Struct, frozen=True):
    """In `path`, `old` becomes `new`: one violation of `rule`, raised by `by`. Without a rule there is none."""

    ledger: str
    path: str
    old: str
    new: str
    rule: str = ""
    severity: Severity = E
    by: tuple[By, ...] = ()
    says: str = ""
    fix: str | None = None


MISSING, TYPE, TEXT = "schema/missing-key", "schema/wrong-type", "schema/not-text"
QUOTED, NULL, VALUE = "schema/quoted-value", "schema/null-value", "schema/unknown-value"
INVALID, KEY, OPTION = "schema/invalid-value", "schema/unknown-key", "schema/option-value-changes"

CASES = (
    # --- A: the packager accepts, the installer refuses
    Case("A1", MANIFEST, "author: acme", "author: §Acme", "manifest/author", E, (I,)),
    Case("A2", MANIFEST, "name: weather_tools", "name: §Weather", "manifest/name", E, (I, S)),
    Case("A3", MANIFEST, "version: 1.2.3-beta1\ntype: plugin\nauthor: acme", "§version: 1.2.3\ntype: plugin",
         "manifest/author", E, (I, S)),
    Case("A3", MANIFEST, "author: acme", "§author:", NULL, E, (I,)),
    Case("A5", MANIFEST, "plugins:\n  tools:\n    - provider/weather.yaml\n  models: []\n  endpoints:\n"
         "    - group/hooks.yaml\n  agent_strategies: []\n  datasources: []\n  triggers: []\n", "", MISSING, E, (I, S)),
    # --- B: packaged and installed, but the SDK does not start
    Case("B1", TOOL, "identity:\n  author: acme\n", "§identity:\n", MISSING, E, (S,), "`author`"),
    Case("B1", TOOL, "    label:\n      en_US: Place\n", "", MISSING, E, (S,), "in `place` of `parameters`"),
    Case("B1", TOOL, "    human_description:\n      en_US: A town.\n", "", MISSING, E, (S,)),
    Case("B1", TOOL, "    form: form\n    show_on", "    show_on", MISSING, E, (S,), "`form`"),
    Case("B1", TOOL, "  llm: Returns the weather forecast for a place.\n", "", MISSING, E, (S,), "`llm`"),
    Case("B1", TOOL, "extra:\n  python:\n    source: tools/forecast.py\n", "extra:\n  §python: {}\n", MISSING, E, (S,)),
    Case("B1", TOOL, "        label:\n          en_US: Metric\n", "", MISSING, E, (S,)),
    Case("B1", GROUP, "  - name: token\n    type", "  - §type", MISSING, E, (S,), "`name`"),
    Case("B2", TOOL, "type: number\n", "type: §integer\n", VALUE, E, (S,)),
    Case("B2", TOOL, "type: number\n", "type: §Number\n", VALUE, E, (S,), "did you mean `number`", "number"),
    Case("B2", TOOL, "form: schema", "form: §hidden", VALUE, E, (S,)),
    Case("B2", PROVIDER, "type: select", "type: §dropdown", VALUE, E, (S,)),
    Case("B2", DATASOURCES, "provider_type: online_drive", "provider_type: §drive", VALUE, E, (S,)),
    Case("B2", MODEL, "model_type: llm", "model_type: §chat", VALUE, E, (S,)),
    Case("B2", MODEL, "  - tool-call\n", "  - §tool_call\n", VALUE, E, (S,), "", "tool-call"),
    Case("B2", MODEL, "fetch_from: predefined-model", "fetch_from: §remote", VALUE, E, (S,)),
    Case("B2", MODEL, "  context_size: 128000", "  §size: 128000", KEY, E, (S,)),
    Case("B2", MODEL, "    type: int\n", "    type: §integer\n", VALUE, E, (S,)),
    Case("B2", STRATEGY, "  - history-messages", "  - §memory", VALUE, E, (S,)),
    Case("B2", EVENT, "    type: select", "    type: §secret-input", VALUE, E, (S,)),
    Case("B3", PROVIDER, "    - rag", "    - §agent", VALUE, E, (S,)),
    Case("B3", AGENT, "    - productivity", "    - §trigger", VALUE, E, (S,)),
    Case("B3", DATASOURCES, "    - productivity", "    - §rag", VALUE, E, (S,)),
    Case("B3", TRIGGER, "  tags: []", "  tags: [§search]", VALUE, E, (S,)),
    Case("B3", TRIGGER, "  tags: []", "  tags: [§webhooks]", INVALID, W, (R,)),
    Case("B6", PROVIDER, "tools:\n  - tools/forecast.yaml", "§tools:", NULL, E, (S,)),
    Case("B6", PROVIDER, "tools:\n  - tools/forecast.yaml", "tools: §tools/forecast.yaml", TYPE, E, (S,),
         "Write a list"),
    Case("B6", TRIGGER, "events:\n  - events/order.yaml", "events: §{a: b}", TYPE, E, (S,)),
    Case("B7", PROVIDER, "  - tools/forecast.yaml", "  - §identity: {name: x}", TYPE, E, (S,), "a file of its own"),
    Case("B7", AGENT, "  - strategies/plan.yaml", "  - §identity: {name: x}", TYPE, E, (S,)),
    Case("B7", DATASOURCES, "  - datasources/files.yaml", "  - §identity: {name: x}", TYPE, E, (S,)),
    Case("B7", TRIGGER, "  - events/order.yaml", "  - §identity: {name: x}", TYPE, E, (S,)),
    Case("B9", MANIFEST, 'version: "3.12"', "version: §3.12", TEXT, E, (S,), "", '"3.12"'),
    Case("B9", MANIFEST, 'version: "1.10.0"', "version: §1.10", TEXT, E, (S,), "", '"1.10"'),
    Case("B9", MANIFEST, "version: 1.2.3-beta1", "version: §0.1", TEXT, E, (S, P)),
    Case("B9", MODEL, "model: large", "model: §4", TEXT, E, (S,), "", '"4"'),
    Case("B9", PROVIDER, "      - value: eu", "      - value: §1", TEXT, E, (S,), "", '"1"'),
    Case("B9", PROVIDER, "      - value: eu", "      - value: §yes", TEXT, E, (S,), "", '"yes"'),
    Case("B9", MODELS, "        - value: eu", "        - value: §true", TEXT, E, (S,), "", '"true"'),
    Case("B9", MODELS, "      default: eu", "      default: §3", TEXT, E, (S,), "", '"3"'),
    Case("B9", MODELS, "              value: paid", "              value: §on", TEXT, E, (S,), "", '"on"'),
    Case("B9", POSITION, "- large", "- §3", TEXT, E, (S,), "", '"3"'),
    Case("B10", TOOL, "    ja_JP: 予報", "    ja_JP: §5", TEXT, E, (S,), "", '"5"'),
    Case("B11", TOOL, "precision: 1", "precision: §1.5", TYPE, E, (S,)),
    Case("B11", MANIFEST, "memory: 268435456", "memory: §1.5", TYPE, E, (S,)),
    Case("B11", MANIFEST, "memory: 268435456", "memory: §1e6", TYPE, E, (S,)),
    Case("B12", PROVIDER, "required: true", "§required:", NULL, E, (S,)),
    Case("B12", MODELS, "max_length: 128", "§max_length: ", NULL, E, (S,)),
    Case("B12", MODEL, "    options:\n      - low\n      - high\n", "    §options:\n", NULL, E, (S,)),
    Case("B12", MODEL, "deprecated: false", "deprecated: §~", NULL, E, (S,)),
    Case("B12", MANIFEST, "  models: []", "  §models:", NULL, E, (S,)),
    Case("B12", TOOL, "multiple: true", "multiple: §null", NULL, E, (S,)),
    Case("B14", MODEL, "  - name: budget\n    type: int\n", "  - §name: budget\n", MISSING, E, (S,), "`type`"),
    Case("B17", MODEL, "  unit: 0.000001\n", "", MISSING, E, (S,)),
    Case("B18", MODELS, "  - tts\nconf", "  - §multimodal-embedding\nconf", VALUE, E, (S,)),
    Case("B18", MODEL, "model_type: llm", "model_type: §multimodal-rerank", VALUE, E, (S,)),
    Case("B19", MODEL, "      - low\n", "      - §1\n", TEXT, E, (S,), "", '"1"'),
    Case("B20", MANIFEST, "    tool:\n      enabled: true", "    tool:"),
    Case("B21", TOOL, "    max: 7.5", "    max: 7.5\n    multiple: §true", INVALID, E, (A, S), "Dify from 1.17 on"),
    Case("B21", TOOL, "    multiple: true\n    default:\n      - metric", "    default:\n      §- metric", INVALID,
         E, (S,)),
    Case("B21", TOOL, "    default:\n      - metric", "    default: §metric", INVALID, E, (S,)),
    Case("B9", MODELS, "        - value: eu\n", "        - value: eu\n          §1: x\n", TEXT, E, (S,)),
    Case("B25", ENDPOINT, "path: /report", "path: §report", INVALID, E, (S,)),
    # --- C: the SDK accepts, the daemon refuses
    Case("C2", TOOL, "required: true", 'required: §"true"', QUOTED, E, (P,), "", "true"),
    Case("C2", TOOL, "precision: 1", 'precision: §"1"', QUOTED, E, (P,), "", "1"),
    Case("C2", TOOL, "max: 7.5", "max: §'7.5'", QUOTED, E, (P,), "", "7.5"),
    Case("C3", ENDPOINT, "hidden: false", "hidden: §1", TYPE, E, (P,)),
    Case("C4", MANIFEST, "2026-01-15T08:00:00Z", '§"2026-01-15"', "manifest/created-at", E, (P,), "", "2026-01-15"),
    Case("C4", MANIFEST, "2026-01-15T08:00:00Z", "§2026-01-15T08:00:00", "manifest/created-at", E, (P,)),
    Case("C4", MANIFEST, "2026-01-15T08:00:00Z", "§soon", "manifest/created-at", E, (P, S)),
    Case("C5", MANIFEST, "    storage:\n      enabled: true\n      size: 1048576", "    §storage:\n      enabled: true",
         MISSING, E, (P,)),
    Case("C5", MANIFEST, "size: 1048576", "size: §12", INVALID, E, (P, S)),
    Case("C6", MANIFEST, "  en_US: Weather\n", '  en_US: §""\n', "manifest/text-length", E, (P,)),
    Case("C8", MANIFEST, "version: 1.2.3-beta1", "version: §1.0.0-beta.1", "manifest/version", E, (P,)),
    Case("C9", MODEL, "    type: int\n", "    type: int\n    use_template: §tempreture\n", VALUE, E, (P,),
         "temperature"),
    Case("C9", MODEL, "    type: int\n", '    type: int\n    use_template: ""\n'),
    Case("C10", MANIFEST, "  - utilities", "  - §webhooks", VALUE, E, (P,)),
    Case("C13", ENDPOINT, "method: GET", "method: §PATCH", VALUE, W, (R,)),
    Case("C13", ENDPOINT, "method: GET", "method: §get", VALUE, W, (R,), "", "GET"),
    Case("C14", STRATEGY, "    type: string", "    type: §object", VALUE, E, (A,), "Every agent strategy"),
    Case("C15", DATASOURCE, "    type: string\n    required", "    type: §files\n    required", VALUE, W, (R,)),
    Case("C15", DATASOURCE, "    default: inbox", "    scope: §llm", INVALID, W, (R,)),
    Case("C16", GROUP, "    default: short", "    default: §[short]", TYPE, E, (A,), "cannot install"),
    Case("C16", STRATEGY, "    default: brief", "    default: §[brief]", TYPE, E, (S,)),
    Case("C18", TOOL, "  name: forecast", "  name: §the forecast", INVALID, W, (R,)),
    Case("C19", TOOL, "    en_US: Forecast", "    §en_us: Forecast", "locale/misspelt-key", E, (S,), "", "en_US"),
    # --- PL: daemon and SDK accept, the platform refuses
    Case("PL-1", GROUP, "settings:", "setting:", KEY, E, (A,)),
    Case("PL-5", PROVIDER, "scope: llm", "scope: §llm&vision", VALUE, E, (A,), "every tool of a workspace"),
    Case("PL-5", PROVIDER, "scope: llm", "scope: §document", VALUE, E, (A,)),
    Case("PL-5", GROUP, "    default: short", "    default: short\n    scope: §''", VALUE, E, (A,)),
    Case("PL-7", MODELS, "  - rerank", "  - §text2img", VALUE, E, (A,), "every model of a workspace"),
    Case("PL-7", MODEL, "model_type: llm", "model_type: §text2img", VALUE, E, (A,)),
    Case("PL-8", STRATEGY, "    type: string", "    type: §array", VALUE, E, (A,)),
    Case("PL-11", PROVIDER, "  name: weather", "  name: §Weather", INVALID, E, (A,), "nobody can use it"),
    Case("PL-11", MODELS, "provider: acme", "provider: §acme.ai", INVALID, E, (A,)),
    Case("PL-11", DATASOURCES, "  name: drive", "  name: §Drive", INVALID, E, (A,)),
    Case("PL-11", TRIGGER, "  name: shop", "  name: §Shop", INVALID, E, (A,)),
    Case("PL-11", AGENT, "  name: planner", "  name: §a.b", INVALID, E, (A,)),
    # --- D: all accept, and the result is wrong
    Case("D1", TOOL, "    ja_JP: 予報", "    §ja_Jp: 予報", "locale/misspelt-key", W, (I, S), "", "ja_JP"),
    Case("D1", TOOL, "    ja_JP: 予報", "    §zh_CN: 预报", "locale/misspelt-key", W, (I, S), "", "zh_Hans"),
    Case("D1", TOOL, "    ja_JP: 予報", "    zh_Hans: 预报\n    §zh_CN: 预报", "locale/misspelt-key", N, (I, S)),
    Case("D1", TOOL, "    ja_JP: 予報", "    §zh_Hant: 預報", "locale/unknown-locale", N, (I, S)),
    Case("D1", TOOL, "    ja_JP: 予報", "    §ko_KR: 예보", "locale/unknown-locale", N, (I, S)),
    Case("D2", TOOL, "    precision: 1", "    §precison: 1", KEY, W, (S,), "`precision` is meant", "precision"),
    Case("D2", TOOL, "    precision: 1", "    §colour: red", KEY, N, (S,)),
    Case("D3", PROVIDER, "tools:\n", "§credentials_schema: []\ntools:\n", KEY, W, (S,)),
    Case("D4", DATASOURCES, "credentials_schema:\n  - name: api_key\n    type: secret-input\n    required: true\n"
         "    label:\n      en_US: API key\n", "§credentials_for_provider: {}\n", KEY, E, (C,)),
    Case("D5", TRIGGER, "events:\n", "§credentials_schema: []\nevents:\n", KEY, W, (S,)),
    Case("D5", TRIGGER, "events:\n", "§credentials_schema:\nevents:\n", KEY, E, (S,)),
    Case("D5", TRIGGER, "events:\n", "§oauth_schema:\nevents:\n", KEY, W, (S,)),
    Case("D6", MODELS, "  text_embedding:\n    predefined", "  §text-embedding:\n    predefined", KEY, E, (C,), "",
         "text_embedding"),
    Case("D6", MODELS, "  tts:\n    predefined", "  §images:\n    predefined", KEY, E, (C,)),
    Case("D8", TOOL, "    precision: 1", "    §placeholder: {en_US: x}", KEY, N, (S,)),
    Case("D8", TOOL, "    precision: 1", "    §help: {en_US: x}", KEY, N, (S,)),
    Case("D9", EVENT, "    precision: 2", "    §url: https://acme.example", KEY, N, (S,)),
    Case("D12", TOOL, "      - value: metric", "      - value: §no", OPTION, W, (S,), "`False`", '"no"'),
    Case("D12", TOOL, "      - value: metric", "      - value: §1.50", OPTION, W, (S,), "`1.5`", '"1.50"'),
    Case("D12", TOOL, "      - value: metric", "      - §value:", OPTION, W, (S,), "`None`"),
    Case("D12", TOOL, "      - value: metric", "      - value: 7"),
    Case("D12", EVENT, "      - value: paid", "      - value: §true", OPTION, W, (S,), "`True`", '"true"'),
    Case("D13", EVENT, "description:\n  en_US: An order came in.", "§description:\n  human: {en_US: x}\n  llm: x",
         TYPE, E,
         (S,)),
    Case("D13", DATASOURCE, "description:\n  en_US: Files by folder.", "§description:\n  human: {en_US: x}", TYPE, E,
         (S,)),
    Case("D13", TOOL, "description:\n  human:\n    en_US: The weather of the coming days.\n  llm: Returns the weather "
         "forecast for a place.", "§description:\n  en_US: Weather", TYPE, E, (S,)),
    Case("D23", MANIFEST, "repo: ", "§minimum_dify_version: 1.9.0\nrepo: ", KEY, W, (S,), "`meta`"),
    Case("D29", TOOL, "  name: forecast", "  name: forecast\n  §icon: icon.svg", KEY, N, (S,)),
    Case("D30", MANIFEST, "      llm: true\n", "      llm: true\n      §vision: true\n", KEY, W, (S,)),
    # --- E: the documentation misleads
    Case("E3", GROUP, "    help:\n", "    §helper:\n", KEY, W, (S,), "", "help"),
    Case("E4", GROUP, "type: select", "type: §tool-selector", VALUE, E, (S,)),
    Case("E9", TOOL, "form: llm", "form: schema"),
    Case("E11", MANIFEST, "description:\n  en_US: Weather for any place.\n  zh_Hans: 任何地方的天气。\n"
         "  pt_BR: O tempo em qualquer lugar.\n  ja_JP: どこの天気でも。\n", "", MISSING, E, (P, S)),
    Case("E14", DATASOURCES, "credentials_schema:\n  - name: api_key\n    type: secret-input\n    required: true\n"
         "    label:\n      en_US: API key\n", "credentials_schema: §{api_key: {type: secret-input}}\n", TYPE, E, (S,),
         "Write a list"),
    Case("E15", PROVIDER, "      required: true\n      label:\n        en_US: Client ID\n", "      required: true\n",
         MISSING, E, (S,)),
    Case("E16", MODELS, "  - customizable-model", "  - §fetch-from-remote", VALUE, E, (S,)),
    Case("E17", MODELS, "    placeholder:\n      en_US: The name of the model\n", ""),
    Case("E25", BUNDLE, "labels:\n", "§label:\n", KEY, E, (I,), "", "labels"),
    # --- F: what the marketplace reads is not unknown
    Case("F1", MANIFEST, "contact: plugins@acme.example\n", ""),
    # --- mis-indented lines, and other structures' keys
    Case("D2", TOOL, "    label:\n      en_US: Place\n", "    label:\n      en_US: Place\n    §zh_Hans: 地点\n", KEY,
         W, (S,),
         "`label`, one level deeper"),
    Case("D2", PROVIDER, "    label:\n      en_US: API key\n    help:\n",
         "    label:\n      en_US: API key\n      §help: {en_US: x}\n    help:\n", KEY, W, (S,), "one level too deep"),
    Case("D2", PROVIDER, "tools:\n", "§tags: [search]\ntools:\n", KEY, W, (S,), "`identity`"),
    Case("D2", TOOL, "    min: 1\n", "    §minimum: 1\n", KEY, W, (S,), "", "min"),
    Case("D2", TOOL, "    llm_description: The name of a town, in English.\n", "    §llm: The name of a town.\n",
         KEY, W,
         (S,), "", "llm_description"),
    Case("D2", TOOL, "output_schema:\n", "§outputs:\n", KEY, W, (S,), "", "output_schema"),
    Case("D2", STRATEGY, "    help:\n", "    §human_description:\n", KEY, W, (S,), "", "help"),
    # --- values that are neither text nor number
    Case("§6.3", MODEL, 'input: "0.5"', "input: §free", TYPE, E, (P, S)),
    Case("§6.3", MODEL, 'input: "0.5"', "input: §true", TYPE, E, (P, S)),
    Case("§6.3", MODEL, 'input: "0.5"', 'input: §" 0.5 "', QUOTED, E, (P,)),
    Case("§6.3", MODEL, 'input: "0.5"', "input: 1e-6"),
    Case("B2", TOOL, "    default: 3", "    default: §{since: 2026-01-15}", TYPE, E, (S,), "no dates"),
    Case("B2", TOOL, "    default: 3", "    default: §2026-01-15", TEXT, E, (S,), "", '"2026-01-15"'),
    Case("B2", PROVIDER, "    default: eu", "    default: §{a: b}", TYPE, E, (S,)),
    Case("B9", PROVIDER, "  api_key:\n", "  §1:\n", TEXT, E, (S,)),
    Case("B9", TOOL, "    precision: 1\n", "    §on: 1\n", TEXT, E, (S,)),
    Case("B9", GROUP, "    hidden: true\n", "    §1: true\n", TEXT, E, (S,)),
    Case("B9", PROVIDER, "tools:\n", "§null: x\ntools:\n", TEXT, E, (S,)),
    Case("B9", TOOL, "output_schema:\n", "§1: x\noutput_schema:\n", KEY, N, (S,)),
    Case("B2", MODEL, "  context_size: 128000", "  §1: 128000", KEY, E, (S,)),
)  # fmt: skip

IDENTITY = "identity: {author: a, name: n, icon: i.svg, label: {en_US: x}, description: {en_US: x}}\n"
EXTRA = "extra: {python: {source: a.py}}\n"
NO_SETTINGS = "settings: []\n"
ITEM = "{type: text-input, label: {en_US: x}}"
NAMED = "{name: k, type: text-input, label: {en_US: x}}"
PROVIDER_OF_MODELS = (
    "provider: p\nlabel: {en_US: x}\nsupported_model_types: [llm]\nconfigurate_methods: [predefined-model]\n"
    "extra: {python: {provider_source: a.py}}\n"
)

#: The shapes that a parent takes, which depend on the parent: kind of document, text, and what is found.
SHAPES = (
    Case("B4", "tool provider", IDENTITY + EXTRA, f"credentials_for_provider: §[{NAMED}]", TYPE, E, (S,), "a mapping"),
    Case("B4", "tool provider", IDENTITY + EXTRA, "§credentials_for_provider:", NULL, E, (S,)),
    Case("B4", "tool provider", IDENTITY + EXTRA, f"credentials_for_provider: {{k: {ITEM}}}"),
    Case("B4", "tool provider", IDENTITY + EXTRA, f"credentials_for_provider: {{k: {NAMED}}}"),
    Case("B4", "tool provider", IDENTITY + EXTRA, "credentials_for_provider: {k: §v}", TYPE, E, (S,)),
    Case("B5", "datasource provider", IDENTITY + EXTRA + "provider_type: online_drive\n",
         f"credentials_schema: §{{k: {ITEM}}}", TYPE, E, (S,), "give each item its key as `name`"),
    Case("B5", "datasource provider", IDENTITY + EXTRA + "provider_type: online_drive\n",
         f"credentials_schema: [{NAMED}]"),
    Case("B5", "trigger provider", IDENTITY + EXTRA, f"subscription_schema: §{{k: {ITEM}}}", TYPE, E, (S,)),
    Case("B5", "trigger provider", IDENTITY + EXTRA, f"subscription_schema: [{NAMED}]"),
    Case("B5", "trigger provider", IDENTITY + EXTRA,
         f"subscription_constructor: {{credentials_schema: {{k: {ITEM}}}}}"),
    Case("B5", "trigger provider", IDENTITY + EXTRA, f"subscription_constructor: {{credentials_schema: [{NAMED}]}}"),
    Case("B5", "trigger provider", IDENTITY + EXTRA, "subscription_constructor: {credentials_schema: {k: §v}}", TYPE, E,
         (P, S)),
    Case("B5", "trigger provider", IDENTITY + EXTRA, "subscription_constructor: {§credentials_schema: }", NULL, E,
         (S,)),
    Case("B5", "trigger provider", IDENTITY + EXTRA, "subscription_constructor: §[]", TYPE, E, (S,)),
    Case("B5", "trigger provider", IDENTITY + EXTRA, "subscription_constructor:"),
    Case("B8", "model provider", PROVIDER_OF_MODELS, "models: §[]", TYPE, E, (S,)),
    Case("B8", "model provider", PROVIDER_OF_MODELS, "§models:", NULL, E, (S,)),
    Case("B8", "model provider", PROVIDER_OF_MODELS, "models: {§llm: }", NULL, E, (S,)),
    Case("B8", "model provider", PROVIDER_OF_MODELS, "models: {llm: §[a.yaml]}", TYPE, E, (S,)),
    Case("B8", "model provider", PROVIDER_OF_MODELS, "models: {llm: {predefined: §models/llm/*.yaml}}", TYPE, E, (S,)),
    Case("B8", "model provider", PROVIDER_OF_MODELS, "models: {llm: {§position: }}", NULL, E, (P,)),
    Case("B13", "model provider", PROVIDER_OF_MODELS, "§provider_credential_schema: {}", MISSING, E, (S,)),
    Case("B14", "model", "model: m\nmodel_type: llm\nmodel_properties: {}\n",
         "parameter_rules: [{name: temperature, use_template: temperature}]"),
    Case("B14", "model", "model: m\nmodel_type: llm\nmodel_properties: {}\n",
         "parameter_rules: [{name: t, use_template: top_p, §type: }]", NULL, E, (S,)),
    Case("C17", "model provider", PROVIDER_OF_MODELS, "provider_credential_schema: {credential_form_schemas: ["
         + ", ".join(["{variable: v, label: {en_US: x}, type: switch}"] * 40) + "]}"),
    Case("D14", "model", "model: m\nmodel_type: llm\nmodel_properties: {}\n", "label: {}"),
    Case("E2", "endpoint group", "", f"settings: §{{k: {ITEM}}}", TYPE, E, (P, S),
         "documentation's mapping is a mistake"),
    Case("E2", "endpoint group", "", f"settings: [{NAMED}]"),
    Case("PL-1", "endpoint group", "", "§endpoints: []", MISSING, E, (A,), "settings: []"),
    Case("PL-1", "endpoint group", "", "settings: §null", NULL, E, (A, S)),
    Case("PL-3", "tool provider", IDENTITY + EXTRA, "§oauth_schema: {}", MISSING, E, (A,), "credentials_schema: []"),
    Case("PL-3", "tool provider", IDENTITY + EXTRA, "oauth_schema: null"),
    Case("PL-3", "tool provider", IDENTITY + EXTRA, "§oauth_schema: {client_schema: []}", MISSING, E, (A,)),
    Case("PL-3", "tool provider", IDENTITY + EXTRA, "oauth_schema: {client_schema: [], credentials_schema: []}"),
    Case("PL-3", "trigger provider", IDENTITY + EXTRA, "subscription_constructor: {oauth_schema: §null}", NULL, E,
         (A,)),
    Case("X-LINK-3", "endpoint group", NO_SETTINGS, f"endpoints: [a.yaml, {{path: /a, method: GET, {EXTRA.strip()}}}]"),
    Case("X-LINK-3", "endpoint group", NO_SETTINGS,
         f"endpoints: [{{path: /a, method: GET, hidden: §'true', {EXTRA.strip()}}}]",
         QUOTED, E, (I,), "drops this endpoint"),
    Case("X-LINK-3", "endpoint group", NO_SETTINGS, "endpoints: [§[]]", TYPE, E, (S,)),
    Case("§16", "tool provider", IDENTITY + EXTRA,
         f"oauth_schema: {{credentials_schema: [], client_schema: §{{k: {ITEM}}}}}", TYPE, E, (P, S)),
    Case("§16", "tool provider", IDENTITY + EXTRA,
         "oauth_schema: {client_schema: [], credentials_schema: [], §scopes: [a]}", KEY, N, (S,)),
)  # fmt: skip


@pytest.mark.parametrize("case", SHAPES, ids=lambda case: f"{case.ledger}-{case.path}-{case.new[:40]}")
def test_shapes(case: Case) -> None:
    text = case.old + case.new + "\n"
    before, marked, _ = text.partition("§")
    document = read_document("x.yaml", text.replace("§", "").encode())
    assert document.problems == ()
    found = validate(document, DocumentKind(case.path))
    if not case.rule:
        assert found == []
        return
    assert [(v.rule, v.severity) for v in found] == [(case.rule, case.severity)], found
    assert tuple(each.by for each in found[0].authorities) == case.by
    assert case.says in found[0].message
    assert marked
    span = span_of(document, found[0])
    assert (span.line, span.column) == (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.ledger}-{case.path.rpartition('/')[2]}-{case.new[:40]}"
)
def test_ledger(case: Case) -> None:
    sample = next(s for s in SAMPLES if str(s) == case.path)
    assert case.old in sample.text
    text = sample.text.replace(case.old, case.new, 1)
    before, marked, _ = text.partition("§")
    document = read_document(case.path, text.replace("§", "").encode())
    assert document.problems == ()
    found = validate(document, sample.kind)
    if not case.rule:
        assert found == []
        return
    assert [(v.rule, v.severity) for v in found] == [(case.rule, case.severity)], found
    violation = found[0]
    assert tuple(each.by for each in violation.authorities) == case.by
    assert case.says in violation.message
    span = span_of(document, violation)
    if marked:
        assert (span.line, span.column) == (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
    assert span.line >= 1
    if case.fix is not None:
        assert violation.fix is not None
        assert [edit.text for edit in violation.fix.edits] == [case.fix]
