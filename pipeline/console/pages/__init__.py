"""One module a page; each has a `router`, and stands here in the order of the menu."""

from fastapi import APIRouter

from pipeline.console.pages import elsewhere, flag, queue, runs, sign_in, today

ROUTERS: tuple[APIRouter, ...] = (
    today.router,
    queue.router,
    flag.router,
    runs.router,
    sign_in.router,
    elsewhere.router,
)
