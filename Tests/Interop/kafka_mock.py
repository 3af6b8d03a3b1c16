"""librdkafka's own mock of a Kafka cluster, in a process of its own: it ends itself where an assertion of it fails, and
would take the tests with it."""

import ctypes
import subprocess
import sys


class KafkaMock:
    """One broker on a port of its own, with these topics, which it cannot be asked to make."""

    def __init__(self, topics):
        self._process = subprocess.Popen(
            [sys.executable, __file__, *topics], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.host, _, port = self._process.stdout.readline().strip().rpartition(":")
        assert port, "librdkafka's mock has not begun"
        self.port = int(port)

    @property
    def has_died(self):
        return self._process.poll() is not None

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(20)
        finally:
            self._process.kill()


def main(topics):
    library = ctypes.CDLL("librdkafka.so.1")
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
        getattr(library, name).restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    text = ctypes.create_string_buffer(512)
    client = library.rd_kafka_new(0, ctypes.c_void_p(library.rd_kafka_conf_new()), text, len(text))
    assert client, text.value
    client = ctypes.c_void_p(client)
    cluster = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(client, 1))
    for topic in topics:
        library.rd_kafka_mock_topic_create(cluster, topic.encode(), 2, 1)
    print(library.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
    sys.stdin.read()
    library.rd_kafka_mock_cluster_destroy(cluster)
    library.rd_kafka_destroy(client)


if __name__ == "__main__":
    main(sys.argv[1:])
