"""A reader of the live stream, as a browser's EventSource is one."""
import http.client
import json
import threading

import sentora


class Stream:
    def __init__(self, server, host=None, last_id=None, key=sentora.API_KEY):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        headers = {"X-API-Key": key, "Accept": "text/event-stream"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        self.connection.request("GET", "/api/v1/live" + (f"?host={host}" if host else ""),
                                headers=headers)
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.status
        self.events, self.last_id, self.ended = [], None, False
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        event = {}
        try:
            while line := self.response.readline():
                line = line.decode().rstrip("\n")
                if line.startswith("id: "):
                    self.last_id = line[4:]
                elif line.startswith("event: "):
                    event["event"] = line[7:]
                elif line.startswith("data: "):
                    event["data"] = json.loads(line[6:])
                elif not line and event:
                    self.events.append(event)
                    event = {}
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass
        self.ended = True

    def of(self, kind):
        return [e["data"] for e in self.events if e.get("event") == kind]

    def close(self):
        if self.connection.sock:
            self.connection.sock.shutdown(2)
        self.connection.close()
