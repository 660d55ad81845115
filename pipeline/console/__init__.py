"""The review console: server-rendered pages over the same tables and views.

Imports nothing here, so that the command line does not pay for a web framework; `app.create_app` makes it.
"""
