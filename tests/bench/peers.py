"""The servers that the benchmarks set beside each other, each on a folder of its own.

A start function returns (program, port, path of remote write).
"""
import shutil
import urllib.request

import sentora


def start_sentora(folder):
    server = sentora.Server(folder).wait_ready()
    return server, server.port, "/api/v1/write"


def wait_answer(url):
    def answers():
        try:
            return urllib.request.urlopen(url, timeout=2).status == 200
        except OSError:
            return False
    sentora.wait_for(answers, 30, url)


def start_prometheus(folder):
    port = sentora.free_port()
    config = folder / "empty.yml"
    config.write_text("global: {}\n")
    server = sentora.Program(["prometheus", f"--config.file={config}",
                              f"--storage.tsdb.path={folder / 'data'}",
                              "--web.enable-remote-write-receiver",
                              f"--web.listen-address=127.0.0.1:{port}"],
                             folder / "server.log", {})
    wait_answer(f"http://127.0.0.1:{port}/-/ready")
    return server, port, "/api/v1/write"


def start_victoriametrics(folder):
    port = sentora.free_port()
    server = sentora.Program(["victoria-metrics", f"-storageDataPath={folder / 'data'}",
                              f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=1y"],
                             folder / "server.log", {})
    wait_answer(f"http://127.0.0.1:{port}/health")
    return server, port, "/api/v1/write"


SERVERS = {"sentora": (start_sentora, None), "prometheus": (start_prometheus, "prometheus"),
           "victoriametrics": (start_victoriametrics, "victoria-metrics")}


def installed():
    return [name for name, (_, program) in SERVERS.items()
            if program is None or shutil.which(program)]
