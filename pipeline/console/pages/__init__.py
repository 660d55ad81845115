"""One module a page; each has a `router`, and stands here in the order of the menu."""

from fastapi import APIRouter

from pipeline.console.pages import elsewhere, sign_in, today

ROUTERS: tuple[APIRouter, ...] = (today.router, sign_in.router, elsewhere.router)
