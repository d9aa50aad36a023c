"""A client that sends events as fast as it is answered: ``python -m benchmarks.load SPEC``.

It runs in a process of its own, so that its work is not the server's. The specification and the
result are JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

EVENT = (
    '{"type":"track","event":"Product Viewed","messageId":"%s","anonymousId":"%s",'
    '"timestamp":"%s","properties":{"product_id":"p%d","price":19.9,"currency":"EUR",'
    '"category":"Tools","list":"search","position":3},"context":{"page":{"url":'
    '"https://shop.example/p/%d?utm_source=news&utm_medium=email","title":"A thing",'
    '"referrer":"https://www.google.com/"},"userAgent":"Mozilla/5.0 (X11; Linux x86_64) '
    'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36","locale":"en-GB",'
    '"library":{"name":"analytics-python","version":"2.4.0"}}}'
)


@dataclass
class Load:
    """What is sent, and what came of it; latencies in seconds.

    ``rate`` is how many requests go out a second; 0: each as soon as the one before is answered.
    """

    host: str
    port: int
    key: str
    batch: int
    connections: int
    seconds: float
    rate: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    async def run(self) -> float:
        """Send until the time is over; return how long it took, in seconds."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        self.end = begun + self.seconds
        await asyncio.gather(*(self._send(n) for n in range(self.connections)))
        return loop.time() - begun

    async def _send(self, number: int) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        count = 0
        every_s = self.connections / self.rate if self.rate else 0.0
        due = time.monotonic() + every_s * number / self.connections
        while time.monotonic() < self.end:
            count += 1
            if every_s:
                await asyncio.sleep(due - time.monotonic())
                due += every_s
            message = self._message(number, count)
            begun = time.perf_counter()
            writer.write(message)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r")[0]))
            self.latencies.append(time.perf_counter() - begun)
            status = int(head[9:12])
            self.statuses[status] = self.statuses.get(status, 0) + 1
        writer.close()

    def _message(self, number: int, count: int) -> bytes:
        at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        device = f"device-{number}-{count % 500}"
        events = [EVENT % (uuid.uuid4(), device, at, n, n) for n in range(self.batch)]
        if self.batch == 1:
            path, body = "/v1/track", events[0]
        else:
            path, body = "/v1/batch", f'{{"batch":[{",".join(events)}],"sentAt":"{at}"}}'
        return (
            f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def main() -> None:
    """Send as the specification on the command line says, and print what came of it."""
    load = Load(**json.loads(sys.argv[1]))
    seconds = asyncio.run(load.run())
    load.latencies.sort()
    found: dict[str, Any] = {
        "requests": len(load.latencies),
        "seconds": seconds,
        "statuses": load.statuses,
        "p50_ms": 1e3 * load.latencies[len(load.latencies) // 2],
        "p99_ms": 1e3 * load.latencies[int(len(load.latencies) * 0.99)],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
