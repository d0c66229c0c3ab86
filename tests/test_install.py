"""Our wheel and PyPI's build tool `ninja` in one environment, in either order of installation.

Each test fills a throw-away environment from local wheels, as pip would, and asks both commands
and `import ninja` what they are.  `make setup` fetches the build tool's wheels.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BUILD_TOOLS = sorted((ROOT / ".cache" / "wheels").glob("ninja-*.whl"))
MEND = ["--force-reinstall", "--no-deps"]
ASK_OURS = "from ninja import OPS; print(*OPS)"

beside_each_build_tool = pytest.mark.parametrize(
    "build_tool",
    BUILD_TOOLS
    or [
        pytest.param(
            Path(), marks=pytest.mark.skip(reason="no wheel in .cache/wheels: run `make setup`")
        )
    ],
    ids=lambda wheel: "-".join(wheel.name.split("-")[:2]),
)


class Environment:
    """A virtual environment that has our dependencies, but neither us nor pip."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False, symlinks=True)
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.look_in(Path(sysconfig.get_path("purelib")))

    def look_in(self, folder: Path) -> None:
        """Import from `folder` what is not installed here: what an editable install does."""
        [packages] = self.folder.glob("lib/python*/site-packages")
        (packages / f"{folder.parent.name}.pth").write_text(f"{folder}\n", encoding="utf-8")

    def pip(self, verb: str, *arguments: str | Path) -> None:
        """Run the pip of the environment that runs these tests on this one, without network."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), verb, "--quiet"]
        subprocess.run([*pip, *map(str, arguments)], check=True, timeout=60)

    def install(self, *wheels: Path, options: list[str] | None = None) -> None:
        for wheel in wheels:
            self.pip("install", "--no-index", *(options or ["--no-deps"]), wheel)

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of this environment, away from the checkout."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        return subprocess.run(
            [self.folder / "bin" / command, *arguments],
            cwd=self.folder,
            env=environ | {"PYTHONWARNINGS": "error"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def says(self, command: str, *arguments: str) -> str:
        """What a command prints, which must succeed."""
        done = self.run(command, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*build, str(folder)], cwd=ROOT, check=True, capture_output=True, timeout=60)
    [built] = folder.glob("backprop_ninja-*.whl")
    return built


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "environment")


def our_modules() -> list[str]:
    paths = [path.relative_to(ROOT) for path in (ROOT / "ninja").rglob("*.py")]
    return [".".join(p.with_suffix("").parts) for p in paths if not p.name.startswith("_")]


def is_the_build_tool(output: str) -> bool:
    return re.match(r"1\.\d+\.", output) is not None


def check_both_commands(environment: Environment) -> None:
    assert is_the_build_tool(environment.says("ninja", "--version"))
    assert "backprop-ninja" in environment.says("backprop-ninja", "--help")
    assert "backprop-ninja" in environment.says("python", "-m", "backprop_ninja", "--help")


def check_the_import_says_what_to_do(environment: Environment) -> None:
    last_line = environment.run("python", "-c", ASK_OURS).stderr.splitlines()[-1]
    assert last_line.startswith("ImportError: ")
    assert last_line.endswith(f"pip install {' '.join(MEND)} backprop-ninja")


def test_alone(environment: Environment, wheel: Path) -> None:
    environment.install(wheel)
    assert "tanh" in environment.says("python", "-c", ASK_OURS).split()
    assert "backprop-ninja" in environment.says("python", "-m", "ninja", "--help")
    assert not (environment.folder / "bin" / "ninja").exists()
    # Those who use the build tool's module if there is one must not take ours for it.
    asks = "import ninja\ntry: ninja.BIN_DIR\nexcept ImportError as why: print(why)"
    assert "pip install ninja" in environment.says("python", "-c", asks)
    nonsense = environment.run("python", "-c", "import ninja; ninja.nonsense")
    assert "AttributeError: module 'ninja' has no attribute 'nonsense'" in nonsense.stderr


@beside_each_build_tool
def test_we_came_last(environment: Environment, wheel: Path, build_tool: Path) -> None:
    environment.install(build_tool, wheel)
    check_both_commands(environment)
    assert "tanh" in environment.says("python", "-c", ASK_OURS).split()
    assert "backprop-ninja" in environment.says("python", "-m", "ninja", "--help")
    folder = environment.says("python", "-c", "import ninja; print(ninja.BIN_DIR)").strip()
    assert is_the_build_tool(environment.says(f"{folder}/ninja", "--version"))
    writes = "import sys; from ninja import Writer; Writer(sys.stdout).comment('written')"
    assert environment.says("python", "-c", writes) == "# written\n"


@beside_each_build_tool
def test_they_came_last(environment: Environment, wheel: Path, build_tool: Path) -> None:
    environment.install(wheel, build_tool)
    check_both_commands(environment)
    check_the_import_says_what_to_do(environment)
    assert is_the_build_tool(environment.says("python", "-m", "ninja", "--version"))
    # Our modules must not take from `ninja` itself what only our `ninja` has.
    environment.says("python", "-c", "import " + ", ".join(our_modules()))
    environment.install(wheel, options=MEND)
    check_both_commands(environment)
    assert "tanh" in environment.says("python", "-c", ASK_OURS).split()


@beside_each_build_tool
def test_they_came_last_and_left(environment: Environment, wheel: Path, build_tool: Path) -> None:
    environment.install(wheel, build_tool)
    environment.pip("uninstall", "--yes", "ninja")
    assert "backprop-ninja" in environment.says("backprop-ninja", "--help")
    check_the_import_says_what_to_do(environment)


@beside_each_build_tool
def test_a_checkout_beside_them(environment: Environment, build_tool: Path) -> None:
    environment.install(build_tool)
    environment.look_in(ROOT)
    assert is_the_build_tool(environment.says("ninja", "--version"))
    assert "backprop-ninja" in environment.says("python", "-m", "backprop_ninja", "--help")
