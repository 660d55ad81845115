"""What may know what, how long things may get, and where the outside world may be touched."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from pipeline.settings import PROJECT

MODEL_LIBRARIES = ("torch", "transformers", "onnxruntime")
LONGEST_FUNCTION = 60
LONGEST_FILE = 400
FILES = sorted([*(PROJECT / "pipeline").rglob("*.py"), *(PROJECT / "dags").glob("*.py")])


def name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def calls_and_attributes(path: Path) -> set[str]:
    """What a file calls or looks up, as it is written: `print`, `os.environ`, `datetime.now`."""
    wanted = (node.func if isinstance(node, ast.Call) else node for node in nodes(path))
    return {ast.unparse(node) for node in wanted if isinstance(node, ast.Name | ast.Attribute)}


def imported(path: Path) -> set[str]:
    """The first part of every module that a file imports."""
    modules: list[str] = []
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom):
            modules.append(node.module or "")
        elif isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
    return {module.split(".")[0] for module in modules}


def users_of(*names: str) -> set[str]:
    return {name(path) for path in FILES if calls_and_attributes(path) & set(names)}


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=PROJECT)


def test_the_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], capture_output=True, text=True, check=False, cwd=PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_no_file_is_too_long() -> None:
    lines = {name(path): path.read_text(encoding="utf-8").count("\n") for path in FILES}
    assert len(lines) > 30
    assert {path: n for path, n in lines.items() if n > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    functions = {
        f"{name(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in FILES
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(functions) > 200
    assert {function: n for function, n in functions.items() if n > LONGEST_FUNCTION} == {}


def test_only_the_command_line_prints() -> None:
    assert {str(Path(path).parent) for path in users_of("print", "sys.stdout.write")} == {"pipeline/cli"}


def test_only_the_settings_read_the_environment() -> None:
    assert users_of("os.environ", "os.getenv", "os.environb", "environ") == {"pipeline/settings.py"}


def test_only_the_edge_looks_at_the_clock() -> None:
    found = users_of("datetime.now", "datetime.utcnow", "date.today", "time.time", "datetime.datetime.now")
    edge = {"pipeline/cli/shared.py", "pipeline/sources/transports/client.py"}  # the latter: when a server says to wait
    assert {path for path in found if not path.startswith("pipeline/local/")} == edge


@pytest.mark.parametrize("library", MODEL_LIBRARIES)
def test_model_libraries_are_imported_by_artefacts_and_training_only(library: str) -> None:
    allowed = ("pipeline/artefacts/", "pipeline/training/")
    assert {name(path) for path in FILES if library in imported(path) and not name(path).startswith(allowed)} == set()


def _names(packages: Iterable[str]) -> set[str]:
    return {package.lower().replace("_", "-") for package in packages}


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[^\w.-]", wanted)[0].lower().replace("_", "-") for wanted in project["dependencies"]}
    own = {"pipeline", "dags", *(path.stem for path in (PROJECT / "dags").glob("*.py"))}
    packages = packages_distributions()
    libraries = set().union(*map(imported, FILES)) - sys.stdlib_module_names - own
    assert {"numpy", "yaml", "tokenizers"} <= libraries
    assert {found for found in libraries if not _names(packages.get(found, ())) & declared} == set()


def test_the_steps_import_where_neither_airflow_nor_a_model_library_is_installed() -> None:
    blocked = ("airflow", *MODEL_LIBRARIES)
    done = run_python(
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {blocked}: raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "import pipeline.steps, pipeline.cli\n"
        "try: import airflow\n"
        "except ModuleNotFoundError: print('blocked')\n"
    )
    assert (done.returncode, done.stdout) == (0, "blocked\n"), done.stderr
