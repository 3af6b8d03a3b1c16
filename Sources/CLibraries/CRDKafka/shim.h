// A wrapper for what Swift cannot call: librdkafka's variadic producer. The mock cluster is for tests.
#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/// Copies key and value; takes the headers over unless it fails.
static inline rd_kafka_resp_err_t kafka_produce(rd_kafka_t *client, const char *topic, const void *key, size_t key_size,
                                                const void *value, size_t value_size, int64_t milliseconds,
                                                rd_kafka_headers_t *headers, void *ticket) {
    return rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                             RD_KAFKA_V_KEY((void *)key, key_size), RD_KAFKA_V_VALUE((void *)value, value_size),
                             RD_KAFKA_V_TIMESTAMP(milliseconds), RD_KAFKA_V_HEADERS(headers),
                             RD_KAFKA_V_OPAQUE(ticket), RD_KAFKA_V_END);
}
