"""Handcart's receiver in a Flask app of somebody's own; what it keeps is worked on elsewhere."""

from __future__ import annotations

from flask import Flask

from .handcart_app import working

app = Flask(__name__)
app.register_blueprint(working().receiver())
