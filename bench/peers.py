"""The peers' packages, locked with hashes, in an environment of their own that sees Yidan's packages too."""

from __future__ import annotations

import hashlib
import site
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
FOLDER = HERE / ".venv"


def python() -> Path:
    """The interpreter that has Celery, made on first use and anew whenever the lock has changed.

    Raises `subprocess.CalledProcessError` when the packages cannot be installed.
    """
    interpreter = FOLDER / "bin" / "python"
    stamp = FOLDER / "made-from"
    ours = site.getsitepackages()[0]
    made_from = hashlib.sha256(LOCK.read_bytes() + ours.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="ascii") != made_from:
        venv.create(FOLDER, clear=True, with_pip=False)
        subprocess.run(
            [
                sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--python", interpreter,
                "install", "--require-hashes", "-r", LOCK,
            ],
            check=True,
        )  # fmt: skip
        packages = next(FOLDER.glob("lib/python*/site-packages"))
        # Its own packages come first, ours after them: one Yidan, the peers' versions of what is theirs.
        (packages / "yidan.pth").write_text(f"{ours}\n", encoding="utf-8")
        stamp.write_text(made_from, encoding="ascii")
    return interpreter
