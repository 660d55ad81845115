"""The transports, one module each. TRANSPORTS names them all."""

from collections.abc import Mapping

from pipeline.sources.contract import Transport
from pipeline.sources.transports import feeds, files, http, kafka, objects, replica

TRANSPORTS: Mapping[str, Transport] = {
    "feeds": feeds.documents,
    "files": files.documents,
    "http": http.documents,
    "kafka": kafka.documents,
    "objects": objects.documents,
    "replica": replica.documents,
}
