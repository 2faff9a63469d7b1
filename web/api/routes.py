"""The API's description: the document itself, and a page that shows it with assets from our own host.

The Swagger files come out of the installed `flask-openapi-swagger` wheel; only its page is not used,
because it carries scripts that the content policy forbids.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import flask
import flask_openapi_swagger
from flask_openapi.openapi import OpenAPI

SWAGGER = Path(flask_openapi_swagger.__file__).parent / "templates" / "swagger"

api_docs = flask.Blueprint(
    "api_docs", __name__, url_prefix="/api", static_folder=SWAGGER, static_url_path="/docs/files"
)


@api_docs.get("/docs/")
def page() -> str:
    """The API's description to read and try."""
    return flask.render_template("api/docs.html")


@api_docs.get("/openapi.json")
def document() -> flask.Response:
    """The API's description for programs (OpenAPI)."""
    return flask.jsonify(cast(OpenAPI, flask.current_app).api_doc)
