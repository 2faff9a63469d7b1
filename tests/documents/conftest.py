"""One warm producer for all document tests: fonts as set-up leaves them, keys of made-up units in a scratch folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from paper import UNITS

from shared.documents.fonts import FontSet, prepare_fonts
from shared.documents.produce import Producer
from shared.documents.rendering import Renderer
from shared.settings import settings
from shared.signing import LocalSigner, make_demo_keys


@pytest.fixture(scope="session")
def fonts() -> FontSet:
    """The faces of this checkout; cut now if set-up has not run."""
    return prepare_fonts(settings().fonts_dir)


@pytest.fixture(scope="session")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo CA and a key per unit."""
    folder = tmp_path_factory.mktemp("keys")
    make_demo_keys(folder, UNITS)
    return folder


@pytest.fixture(scope="session")
def root(keys_dir: Path) -> bytes:
    """The certificate that verification trusts."""
    return (keys_dir / "ca.pem").read_bytes()


@pytest.fixture(scope="session")
def producer(fonts: FontSet, keys_dir: Path) -> Producer:
    """Renders and seals."""
    return Producer(LocalSigner(keys_dir), fonts.folder)


@pytest.fixture(scope="session")
def renderer(fonts: FontSet) -> Renderer:
    """Renders without sealing."""
    return Renderer(fonts)
