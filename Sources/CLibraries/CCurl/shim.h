// Wrappers for what Swift cannot call: curl's variadic setters and getters, one for each kind of argument.
#pragma once
#include <curl/curl.h>

static inline CURLcode curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_large(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

typedef size_t (*curl_transfer_function)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode curl_set_transfer_function(CURL *handle, CURLoption option, curl_transfer_function value) {
    return curl_easy_setopt(handle, option, value);
}

typedef int (*curl_prereq_function)(void *context, char *remote, char *local, int remote_port, int local_port);

/// Called when a connection stands, before the request is written to it.
static inline CURLcode curl_set_prereq_function(CURL *handle, curl_prereq_function value) {
    return curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, value);
}

typedef int (*curl_sockopt_function)(void *context, curl_socket_t socket, curlsocktype purpose);
typedef int (*curl_closesocket_function)(void *context, curl_socket_t socket);

/// Called for each socket that is made, before it is connected.
static inline CURLcode curl_set_sockopt_function(CURL *handle, curl_sockopt_function value) {
    return curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, value);
}

/// Called to close a socket.
static inline CURLcode curl_set_closesocket_function(CURL *handle, curl_closesocket_function value) {
    return curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, value);
}

typedef int (*curl_seek_function)(void *context, curl_off_t offset, int origin);

static inline CURLcode curl_set_seek_function(CURL *handle, curl_seek_function value) {
    return curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, value);
}

static inline CURLcode curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode curl_get_large(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode curl_get_socket(CURL *handle, curl_socket_t *value) {
    return curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, value);
}

static inline void *curl_get_private(CURL *handle) {
    char *value = NULL;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &value);
    return value;
}

static inline CURLMcode curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

typedef int (*curl_socket_function)(CURL *handle, curl_socket_t socket, int what, void *context, void *socket_context);
typedef int (*curl_timer_function)(CURLM *multi, long milliseconds, void *context);

/// Tells the application which sockets to watch and when to call again.
static inline void curl_multi_set_callbacks(CURLM *multi, curl_socket_function socket, curl_timer_function timer,
                                            void *context) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}

static inline CURLcode curl_message_result(const CURLMsg *message) {
    return message->data.result;
}
