"""The transports, one module each. TRANSPORTS names them all."""

from collections.abc import Mapping

from pipeline.sources.contract import Transport
from pipeline.sources.transports import files

TRANSPORTS: Mapping[str, Transport] = {
    "files": files.documents,
}
