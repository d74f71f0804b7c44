"""Which distributions provide which imports: dated facts about PyPI.

Collected on 2026-11-21 from the imports and the lock files of the 262 official plugins, and completed with the
distributions that plugins use most often under another name than they are imported by. No table of this kind can be
complete: what is not in it is unknown, and only what is in it is judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.python.words import words


def normalised(name: str) -> str:
    """A distribution's name in the spelling that PEP 503 compares (`ruamel.yaml` is `ruamel-yaml`)."""
    return "-".join(part for part in name.lower().replace("_", "-").replace(".", "-").split("-") if part)


def _rows(text: str) -> list[str]:
    return text.split(";")


#: Imports whose distribution has the same name (`import_name` is `import-name`).
_SAME: Final = words(
    """
    PyPDF2 aiofiles aiohttp aiosqlite alembic annotated_types anthropic anyio arxiv asyncpg authlib
    aws_bedrock_token_generator backoff baserowapi bcrypt bedrock_agentcore blinker boto3 botocore brotli cachetools
    cairosvg certifi cffi chardet charset_normalizer chromadb chump click cloudpickle cohere colorama cryptography
    dashscope datasets decorator deepdiff deepl defusedxml dify_easy dill distro docker dpkt dropbox duckdb
    duckduckgo_search e2b e2b_code_interpreter ebooklib elasticsearch email_validator exa_py fal_client fastapi
    fastmcp feedparser filelock filetype fish_audio_sdk flask fsspec gevent google.api_core google.auth
    google.cloud.aiplatform google.cloud.pubsub google.cloud.storage google.genai google.generativeai
    google_auth_httplib2 google_auth_oauthlib gradio_client greenlet groq gunicorn h11 h2 html2text httpcore
    httplib2 httpx httpx_sse huggingface_hub idna imageio imapclient importlib_metadata itsdangerous jieba jinja2
    jiter jmespath joblib json5 jsonlines jsonpath_ng jsonref jsonschema keyring kubernetes lark_oapi ldap3 litellm
    llama_cloud llama_cloud_services loguru lxml lz4 mako mammoth markdown markdown_to_mrkdwn markdownify markupsafe
    marshmallow matplotlib mcp minio mistralai mistune more_itertools mpmath msal msgpack multidict neo4j
    nest_asyncio networkx nltk nomic notion_client novita_client numexpr numpy oauthlib oci odfpy ollama onnxruntime
    openai openpyxl oracledb orjson oss2 packaging pandas paramiko pdfplumber peewee pikepdf platformdirs playwright
    plivo plotly polars portalocker prettytable protobuf psutil psycopg pyarrow pyasn1 pydantic pydantic_core
    pydantic_settings pydicom pydub pygments pymilvus pymongo pymssql pymstodo pymupdf pymupdf4llm pymysql pyodbc
    pyparsing pypdf pypdfium2 pyperclip pypinyin pytesseract pytest pytz qdrant_client qianfan qrcode redis regex
    replicate reportlab requests requests_cache requests_oauthlib requests_toolbelt rich rsa s3fs s3transfer
    sacrebleu safetensors sagemaker scipy seaborn selenium seltz sentence_transformers sentencepiece setuptools
    shapely simple_salesforce simplejson six slack_sdk sniffio sortedcontainers soundfile spacy sqlalchemy sqlglot
    sqlparse starlette stripe structlog supabase sympy tabulate tenacity tiktoken todoist_api_python tokenizers toml
    tomli tomlkit torch torchvision tqdm transformers twilio typer typing_extensions unstructured_client urllib3
    uvicorn uvloop vanna volcengine watchfiles websockets werkzeug wikipedia wordcloud wrapt xinference_client xlrd
    xlsxwriter xlwt xmltodict xxhash yarl yfinance youtube_transcript_api yt_dlp zeep zhipuai zstandard
    """
)

#: Imports whose distribution is called otherwise; `*` stands for any rest. The longest entry that begins a dotted
#: name counts: `google.cloud.storage.blob` is `google.cloud.storage`.
_RENAMED: Final[Mapping[str, str]] = {
    "atlassian": "atlassian-python-api",
    "attr": "attrs",
    "azure": "azure-*",
    "bs4": "beautifulsoup4",
    "bson": "pymongo bson",
    "Crypto": "pycryptodome",
    "Cryptodome": "pycryptodomex",
    "cv2": "opencv-python opencv-python-headless opencv-contrib-python opencv-contrib-python-headless",
    "dateutil": "python-dateutil",
    "dingo": "dingo-python",
    "discord": "discord-py py-cord",
    "dns": "dnspython",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "engineio": "python-engineio",
    "faiss": "faiss-cpu faiss-gpu",
    "ffmpeg": "ffmpeg-python",
    "firecrawl": "firecrawl-py firecrawl",
    "fitz": "pymupdf",
    "git": "gitpython",
    "github": "pygithub",
    "gitlab": "python-gitlab",
    "google": "google-* googleapis-common-protos grpc-google-* protobuf",
    "google.cloud.pubsub_v1": "google-cloud-pubsub",
    "google.oauth2": "google-auth",
    "google.protobuf": "protobuf",
    "googleapiclient": "google-api-python-client",
    "graphql": "graphql-core",
    "gridfs": "pymongo",
    "grpc": "grpcio",
    "hubspot": "hubspot-api-client",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "kiota_abstractions": "microsoft-kiota-abstractions",
    "langchain": "langchain langchain-*",
    "langchain_core": "langchain-core langchain-*",
    "Levenshtein": "levenshtein python-levenshtein",
    "llama_index": "llama-index llama-index-*",
    "magic": "python-magic python-magic-bin",
    "monday_sdk": "monday-api-python-sdk",
    "msgraph": "msgraph-sdk msgraph-core",
    "multipart": "python-multipart multipart",
    "mysql": "mysql-connector-python mysql-connector",
    "MySQLdb": "mysqlclient",
    "nacl": "pynacl",
    "odf": "odfpy",
    "opensearchpy": "opensearch-py",
    "OpenSSL": "pyopenssl",
    "opentelemetry": "opentelemetry-*",
    "pdfminer": "pdfminer-six",
    "PIL": "pillow",
    "pinecone": "pinecone pinecone-client",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2 psycopg2-binary",
    "pythoncom": "pywin32",
    "qcloud_cos": "cos-python-sdk-v5",
    "readability": "readability-lxml",
    "serial": "pyserial",
    "serpapi": "serpapi google-search-results",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify awesome-slugify unicode-slugify",
    "smartsheet": "smartsheet-python-sdk",
    "snowflake": "snowflake-connector-python snowflake-*",
    "socketio": "python-socketio",
    "socks": "pysocks",
    "tavily": "tavily-python",
    "telegram": "python-telegram-bot",
    "tencentcloud": "tencentcloud-sdk-python tencentcloud-sdk-python-*",
    "umap": "umap-learn",
    "vertexai": "google-cloud-aiplatform",
    "volcenginesdkarkruntime": "volcengine-python-sdk",
    "volcenginesdkcore": "volcengine-python-sdk",
    "weaviate": "weaviate-client",
    "webdav3": "webdavclient3",
    "websocket": "websocket-client",
    "whisper": "openai-whisper",
    "win32com": "pywin32",
    "yaml": "pyyaml",
    "ytelegraph": "your-telegraph",
    "zai": "zai-sdk",
    "zmq": "pyzmq",
}

#: Every import that is known here, by the distributions that provide it.
IMPORT_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    **{name: (normalised(name),) for name in _SAME},
    **{name: tuple(distributions.split()) for name, distributions in _RENAMED.items()},
}

#: Top-level packages that are known not to build on `dify_plugin`: no class in them is one that the SDK would count.
KNOWN_IMPORTS: Final = frozenset(name.partition(".")[0] for name in IMPORT_NAMES)

#: What a distribution brings along, directly or not, with every extra, as far as `IMPORT_NAMES` knows it. What others
#: bring is not known.
BRINGS: Final[Mapping[str, frozenset[str]]] = {
    distribution.strip(): words(brought)
    for distribution, _, brought in (
        row.partition(":")
        for row in _rows(
            """
            anthropic: cryptography distro dnspython email-validator google-auth h2 jiter pyasn1 sniffio;
            arxiv: lxml;
            atlassian-python-api: beautifulsoup4 jmespath oauthlib requests-oauthlib wrapt;
            aws-bedrock-token-generator: botocore jmespath python-dateutil six;
            azure-ai-inference: azure-core;
            azure-ai-ml: attrs azure-core azure-core-tracing-opentelemetry azure-identity azure-mgmt-core
              azure-monitor-opentelemetry azure-monitor-opentelemetry-exporter azure-storage-blob
              azure-storage-file-datalake azure-storage-file-share cryptography importlib-metadata jsonschema
              marshmallow msal oauthlib psutil pyjwt python-dateutil requests-oauthlib six tqdm wrapt;
            azure-core:;
            azure-identity: azure-core cryptography msal pyjwt;
            azure-storage-blob: azure-core cryptography;
            baserowapi: pytz;
            beautifulsoup4:;
            bedrock-agentcore: boto3 botocore dnspython email-validator jmespath python-dateutil s3transfer six
              starlette uvicorn uvloop watchfiles websockets;
            boto3: botocore jmespath python-dateutil s3transfer six;
            botocore: jmespath python-dateutil six;
            cachetools:;
            chardet:;
            chump:;
            cohere: aiohttp attrs dnspython email-validator filelock fsspec h2 huggingface-hub pygments rich
              tokenizers tqdm typer;
            cos-python-sdk-v5: pycryptodome six xmltodict;
            dashscope: aiohttp attrs cryptography h2 httpx-sse pygments rich typer websocket-client;
            deepl:;
            dingo-python: aiohttp attrs authlib boto3 botocore cachetools chardet cryptography datasets defusedxml
              dill distro dnspython email-validator fastmcp filelock fsspec h2 httpx-sse huggingface-hub
              importlib-metadata jieba jiter jmespath joblib jsonlines jsonref jsonschema keyring mcp more-itertools
              nltk numpy openai openpyxl pandas pillow platformdirs prettytable pyarrow pygments pyjwt pyperclip
              python-dateutil python-multipart pytz pywin32 rich s3transfer six sniffio sqlalchemy starlette toml tqdm
              typer uvicorn uvloop watchfiles websockets xlrd xxhash;
            distro:;
            dpkt:;
            dropbox: six;
            duckduckgo-search: lxml;
            e2b-code-interpreter: attrs e2b h2 protobuf pygments python-dateutil rich six;
            fal-client: aiofiles h2 httpx-sse msgpack websockets;
            fish-audio-sdk: dnspython email-validator h2;
            google-api-core: cryptography google-auth googleapis-common-protos grpcio protobuf pyasn1;
            google-api-python-client: cryptography google-api-core google-auth google-auth-httplib2
              googleapis-common-protos grpcio httplib2 protobuf pyasn1 pyparsing;
            google-auth: cryptography pyasn1;
            google-auth-httplib2: cryptography google-auth httplib2 pyasn1 pyparsing;
            google-auth-oauthlib: cryptography google-auth oauthlib pyasn1 requests-oauthlib;
            google-cloud-aiplatform: cryptography distro dnspython email-validator google-api-core google-auth
              google-cloud-bigquery google-cloud-core google-cloud-resource-manager google-cloud-storage google-crc32c
              google-genai google-resumable-media googleapis-common-protos grpc-google-iam-v1 grpcio h2 protobuf pyasn1
              python-dateutil six sniffio tenacity websockets;
            google-cloud-pubsub: cryptography google-api-core google-auth googleapis-common-protos grpc-google-iam-v1
              grpcio importlib-metadata protobuf pyasn1;
            google-cloud-storage: cryptography google-api-core google-auth google-cloud-core google-crc32c
              google-resumable-media googleapis-common-protos grpcio protobuf pyasn1;
            google-genai: cryptography distro dnspython email-validator google-auth h2 pyasn1 sniffio tenacity
              websockets;
            hubspot-api-client: python-dateutil six;
            huggingface-hub: aiohttp attrs filelock fsspec h2 pygments rich tqdm typer;
            jieba:;
            jsonpath-ng:;
            lark-oapi: h2 pycryptodome requests-toolbelt websockets;
            llama-cloud: distro dnspython email-validator h2 sniffio;
            llama-cloud-services: aiohttp aiosqlite attrs defusedxml distro dnspython email-validator filetype fsspec
              h2 joblib llama-cloud llama-index-core llama-index-instrumentation llama-index-workflows marshmallow
              nest-asyncio networkx nltk numpy pillow platformdirs setuptools sniffio sqlalchemy tenacity tqdm wrapt;
            loguru:;
            markdown:;
            markdown-to-mrkdwn:;
            matplotlib: numpy pillow pyparsing python-dateutil six;
            mcp: attrs cryptography dnspython email-validator h2 httpx-sse jsonschema pyjwt python-multipart pywin32
              starlette uvicorn uvloop watchfiles websockets;
            microsoft-kiota-abstractions: importlib-metadata;
            mistralai: cryptography dnspython email-validator google-auth h2 importlib-metadata pyasn1 python-dateutil
              six;
            monday-api-python-sdk:;
            msal: cryptography pyjwt;
            msgraph-sdk: aiohttp attrs azure-core azure-identity cryptography h2 importlib-metadata
              microsoft-kiota-abstractions msal msgraph-core pyjwt;
            neo4j: pytz;
            nest-asyncio:;
            nltk: defusedxml joblib tqdm;
            nomic: attrs cryptography dnspython email-validator filetype jsonlines jsonschema loguru numpy pandas
              pillow pyarrow pygments pyjwt python-dateutil pytz rich six tqdm;
            novita-client: pillow;
            numexpr: numpy;
            numpy:;
            oci: cryptography pyjwt pyopenssl python-dateutil pytz six;
            openai: distro dnspython email-validator h2 jiter sniffio tqdm;
            openpyxl:;
            opensearch-py: grpcio protobuf python-dateutil six;
            oracledb: cryptography;
            pandas: numpy python-dateutil pytz six;
            pillow:;
            playwright:;
            plivo: cryptography decorator lxml pyjwt six;
            pycryptodomex:;
            pydicom:;
            pydub:;
            pymstodo: defusedxml oauthlib requests-oauthlib;
            pynacl:;
            pypdfium2:;
            pypng:;
            python-dateutil: six;
            python-docx: lxml;
            python-pptx: lxml pillow xlsxwriter;
            pytz:;
            qrcode:;
            replicate: dnspython email-validator h2;
            requests-cache: attrs platformdirs;
            requests-oauthlib: oauthlib;
            sacrebleu: lxml numpy portalocker pywin32 tabulate;
            sagemaker: aiohttp alembic attrs bcrypt boto3 botocore brotli cachetools cloudpickle cryptography deepdiff
              dnspython docker email-validator fastapi filelock fsspec gitpython google-auth graphql-core gunicorn
              importlib-metadata jmespath joblib json5 jsonschema mako matplotlib mpmath nest-asyncio networkx numpy
              onnxruntime pandas paramiko pillow platformdirs prettytable protobuf psutil pyarrow pyasn1 pygments pynacl
              pyparsing pytest python-dateutil pytz pywin32 rich s3fs s3transfer scikit-learn scipy setuptools six
              sqlalchemy sqlparse starlette sympy tenacity torch tqdm uvicorn uvloop watchfiles websockets wrapt
              zstandard;
            seltz: grpcio protobuf;
            sentencepiece:;
            setuptools:;
            simple-salesforce: attrs cryptography lxml more-itertools platformdirs pyjwt requests-toolbelt zeep;
            six:;
            slack-sdk:;
            smartsheet-python-sdk: python-dateutil requests-toolbelt six;
            sniffio:;
            snowflake-connector-python: boto3 botocore cryptography filelock jmespath platformdirs pyjwt pyopenssl
              python-dateutil pytz s3transfer six sortedcontainers tomlkit;
            sqlparse:;
            structlog:;
            supabase: aiohttp attrs boto3 botocore cachetools cryptography dnspython email-validator fsspec h2
              jmespath pygments pyjwt pyparsing python-dateutil rich s3transfer six tenacity websockets zstandard;
            tavily-python: h2;
            tenacity:;
            tencentcloud-sdk-python:;
            todoist-api-python: h2;
            tokenizers: aiohttp attrs filelock fsspec h2 huggingface-hub pygments rich tqdm typer;
            tqdm:;
            transformers: aiohttp attrs filelock fsspec h2 huggingface-hub numpy pygments rich safetensors tokenizers
              tqdm typer;
            twilio: aiohttp attrs cryptography pyjwt;
            unstructured-client: aiofiles dnspython email-validator h2 pypdf pypdfium2 requests-toolbelt;
            vanna: aiohttp attrs backoff bcrypt chromadb cryptography distro dnspython duckdb email-validator fastapi
              filelock fsspec googleapis-common-protos grpcio h2 huggingface-hub importlib-metadata jsonschema
              kubernetes lz4 mistune numpy oauthlib onnxruntime oracledb orjson pandas platformdirs plotly protobuf
              psycopg2-binary pyarrow pygments pymysql python-dateutil pytz requests-oauthlib rich simplejson six
              sqlalchemy sqlparse starlette tabulate tenacity tokenizers tqdm typer uvicorn uvloop watchfiles
              websocket-client websockets wrapt zstandard;
            volcengine-python-sdk: cryptography dnspython email-validator h2 python-dateutil six;
            webdavclient3: lxml python-dateutil six;
            websocket-client:;
            websockets:;
            wikipedia: beautifulsoup4;
            xinference-client: aiohttp attrs dnspython email-validator;
            xlrd:;
            yfinance: beautifulsoup4 numpy pandas peewee platformdirs protobuf pygments python-dateutil pytz rich six
              websockets;
            your-telegraph: beautifulsoup4 markdown;
            youtube-transcript-api: defusedxml;
            zai-sdk: cachetools cryptography dnspython email-validator h2 pyjwt sniffio;
            zhipuai: cachetools cryptography dnspython email-validator h2 pyjwt
            """
        )
    )
}
