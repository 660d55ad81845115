"""The transports, one module each. TRANSPORTS names them all."""

from collections.abc import Mapping

from pipeline.sources.contract import Transport
from pipeline.sources.transports import feeds, files, http, kafka, replica

TRANSPORTS: Mapping[str, Transport] = {
    "feeds": feeds.documents,
    "files": files.documents,
    "http": http.documents,
    "kafka": kafka.documents,
    "replica": replica.documents,
}
