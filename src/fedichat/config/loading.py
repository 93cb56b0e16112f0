"""From a YAML file to a `Config`, or to every problem in it.

`${NAME}` in a value is replaced from the environment; `$${` is a plain `${`. Secrets may be in files of their own
(`password_file`, `access_token_file`).
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from fedichat.config.consistency import inconsistencies, warnings_about
from fedichat.config.model import Config
from fedichat.config.problems import problems_in
from fedichat.config.resolving import Resolver
from fedichat.config.yaml import read_yaml, text_of
from fedichat.errors import ConfigError, Problem
from fedichat.files.trusted import changeable_by_others, readable_by_others


def load_config(path: Path, environ: Mapping[str, str] = os.environ, *, with_secrets: bool = True) -> Config:
    """Read, check and complete the configuration. Raises ConfigError with all problems at once.

    Without secrets none is looked up, and the result cannot be used to log in.
    """
    path = path.absolute()
    tree, problems = read_yaml(text_of(path))
    return _checked(tree, path.parent, environ, problems, path, with_secrets=with_secrets)


def config_from(tree: Mapping[str, object], folder: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """The same from given keys and values; relative paths start at `folder`. Raises ConfigError."""
    return _checked(tree, folder.absolute(), environ, [], None)


def _checked(
    tree: Mapping[str, object],
    folder: Path,
    environ: Mapping[str, str],
    problems: list[Problem],
    file: Path | None,
    *,
    with_secrets: bool = True,
) -> Config:
    resolver = Resolver(folder, environ, problems, with_secrets=with_secrets)
    complete = resolver.group(tree, ())
    problems += inconsistencies(complete)
    config = None
    try:
        config = Config.model_validate(complete, context={"folder": folder})
    except ValidationError as error:
        problems += [
            problem
            for place, problem in problems_in(error, Config, complete)
            if not any(place[: len(unresolved)] == unresolved for unresolved in resolver.unresolved)
        ]
    # Raised outside of `except`: pydantic's error holds the values, and must not travel along as the context.
    if config is None or problems:
        raise ConfigError([resolver.masked(problem) for problem in dict.fromkeys(problems)])
    warnings = [*resolver.warnings, *warnings_about(config)]
    if file and resolver.plain_secrets and readable_by_others(file):
        warnings.append(Problem("", f"{file} contains secrets and can be read by others: chmod 600 {file}"))
    if file and changeable_by_others(file):
        warnings.append(Problem("", f"{file} can be changed by users other than its owner: chmod go-w {file}"))
    return config.with_warnings(tuple(warnings))
