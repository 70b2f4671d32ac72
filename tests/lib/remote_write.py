"""Prometheus remote write 1.0 from the sender's side, without libraries.

Snappy is written as plain literals, which is a valid block of any snappy reader.
"""
import struct


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def encode(series):
    """series: [(labels dict, [(milliseconds, value), ...]), ...]"""
    body = b""
    for labels, samples in series:
        one = b"".join(field(1, field(1, name.encode()) + field(2, value.encode()))
                       for name, value in sorted(labels.items()))
        one += b"".join(field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(at))
                        for at, value in samples)
        body += field(1, one)
    return body


def pack(plain):
    out = bytearray(varint(len(plain)))
    for start in range(0, len(plain), 60):
        piece = plain[start:start + 60]
        out.append((len(piece) - 1) << 2)
        out += piece
    return bytes(out)


HEADERS = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
           "X-Prometheus-Remote-Write-Version": "0.1.0"}


def write(server, series, key=None, headers=None, timeout=20):
    """The server's answer to one request."""
    options = {} if key is None else {"key": key}
    return server.request("POST", "/api/v1/write", pack(encode(series)),
                          headers={**HEADERS, **(headers or {})}, timeout=timeout, **options)


def gauge(name, instance, at, value, **labels):
    return ({"__name__": name, "instance": instance, "job": "node", **labels},
            [(int(at * 1000), value)])


METADATA_TYPES = ["unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info",
                  "stateset"]


def encode_metadata(metrics):
    """metrics: [(name, type, help, unit), ...]; a request without samples."""
    body = b""
    for name, kind, text, unit in metrics:
        one = varint(1 << 3) + varint(METADATA_TYPES.index(kind)) + field(2, name.encode())
        one += field(4, text.encode()) + field(5, unit.encode())
        body += field(3, one)
    return body
