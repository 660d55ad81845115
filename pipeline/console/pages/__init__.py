"""One module a page; each has a `router`, and stands here in the order of the menu."""

from fastapi import APIRouter

from pipeline.console.pages import (
    accounts,
    amplify,
    clusters,
    elsewhere,
    flag,
    guidance,
    queue,
    runs,
    sign_in,
    today,
    trends,
)

ROUTERS: tuple[APIRouter, ...] = (
    today.router,
    queue.router,
    flag.router,
    clusters.router,
    trends.router,
    amplify.router,
    guidance.router,
    accounts.router,
    runs.router,
    sign_in.router,
    elsewhere.router,
)
