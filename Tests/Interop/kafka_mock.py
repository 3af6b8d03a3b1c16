"""librdkafka's own mock of a Kafka cluster, in this process."""

import ctypes


class KafkaMock:
    """One broker on a port of its own, with these topics, which it cannot be asked to make."""

    def __init__(self, topics):
        library = ctypes.CDLL("librdkafka.so.1")
        for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
            getattr(library, name).restype = ctypes.c_void_p
        library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
        text = ctypes.create_string_buffer(512)
        client = library.rd_kafka_new(0, ctypes.c_void_p(library.rd_kafka_conf_new()), text, len(text))
        assert client, text.value
        self._library, self._client = library, ctypes.c_void_p(client)
        self._cluster = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(self._client, 1))
        for topic in topics:
            library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), 2, 1)
        bootstraps = library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()
        self.host, _, port = bootstraps.rpartition(":")
        self.port = int(port)

    def close(self):
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._client)
