# A release passes the base by digest: --build-arg BASE=docker.io/library/python:3.12-slim@sha256:…
# Any image with Python 3.11 or newer (with its venv module) and apt will do.
ARG BASE=docker.io/library/python:3.12-slim

FROM ${BASE} AS build
WORKDIR /src
# git reads revisions of a checked-out repository, and this one file has all commands for it. Perl and what else its
# package brings would be more than half of the image. Its version is the base image's business, which a release pins.
RUN apt-get update \
    && apt-get download git \
    && dpkg-deb --extract git_*.deb /opt/git \
    && /opt/git/usr/bin/git --version
COPY requirements/build.txt requirements/runtime.txt requirements/check.py requirements/
# Everything is named by its hash, the build tool too, and nothing is resolved: what the locks name is what is there.
RUN python3 -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/build.txt \
    && python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /tmp/wheel . \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps --no-index /tmp/wheel/*.whl \
    && /opt/venv/bin/python -I requirements/check.py requirements/runtime.txt \
    && /opt/venv/bin/python -I -c "from bot.report.markdown import compile_templates; compile_templates()" \
    && /opt/venv/bin/pip uninstall --yes --quiet setuptools pip

FROM ${BASE}
COPY --from=build /opt/git/usr/bin/git /usr/bin/git
COPY --from=build /opt/venv /opt/venv
# The official base image has its standard library as source only: compiling it took half the time of each start.
RUN /opt/venv/bin/python -I -m compileall -q "$(/opt/venv/bin/python -I -c 'import os; print(os.path.dirname(os.__file__))')"
ENV LANG=C.UTF-8 \
    PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1

ARG VERSION=0
ARG REVISION=unknown
ARG SOURCE=
LABEL org.opencontainers.image.title="Dify Plugin Review" \
      org.opencontainers.image.description="Reviews Dify plugins without running them" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"

# No USER: the runner's workspace and its command files belong to another user, and a container action has to be
# root to use them. No WORKDIR: the runner starts the container in the workspace. That holds the reviewed change, so
# Python runs isolated (-I): neither the working directory nor PYTHON* variables nor a user's site-packages can put a
# module on its path. No shell: it would drop the INPUT_* variables with a hyphen in their name.
ENTRYPOINT ["/opt/venv/bin/python", "-I", "-B", "-m", "bot"]
CMD ["action"]
