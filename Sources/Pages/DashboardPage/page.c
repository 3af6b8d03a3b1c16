#include "DashboardPage.h"

static const unsigned char index_html[] = {
#embed "files/index.html"
};
static const unsigned char style_css[] = {
#embed "files/style.css"
};
static const unsigned char icon_svg[] = {
#embed "files/icon.svg"
};
static const unsigned char app_js[] = {
#embed "files/app.js"
};
static const unsigned char place_js[] = {
#embed "files/place.js"
};
static const unsigned char feed_js[] = {
#embed "files/feed.js"
};
static const unsigned char dom_js[] = {
#embed "files/dom.js"
};
static const unsigned char format_js[] = {
#embed "files/format.js"
};
static const unsigned char words_js[] = {
#embed "files/words.js"
};
static const unsigned char words_en_js[] = {
#embed "files/words-en.js"
};
static const unsigned char words_id_js[] = {
#embed "files/words-id.js"
};
static const unsigned char words_ko_js[] = {
#embed "files/words-ko.js"
};
static const unsigned char overview_js[] = {
#embed "files/overview.js"
};
static const unsigned char proof_js[] = {
#embed "files/proof.js"
};
static const unsigned char orders_js[] = {
#embed "files/orders.js"
};
static const unsigned char order_js[] = {
#embed "files/order.js"
};
static const unsigned char status_js[] = {
#embed "files/status.js"
};
static const unsigned char theme_js[] = {
#embed "files/theme.js"
};

#define FILE(name, bytes) {name, bytes, sizeof(bytes)}

static const struct dashboard_page_file files[] = {
    FILE("index.html", index_html),
    FILE("style.css", style_css),
    FILE("icon.svg", icon_svg),
    FILE("app.js", app_js),
    FILE("place.js", place_js),
    FILE("feed.js", feed_js),
    FILE("dom.js", dom_js),
    FILE("format.js", format_js),
    FILE("words.js", words_js),
    FILE("words-en.js", words_en_js),
    FILE("words-id.js", words_id_js),
    FILE("words-ko.js", words_ko_js),
    FILE("overview.js", overview_js),
    FILE("proof.js", proof_js),
    FILE("orders.js", orders_js),
    FILE("order.js", order_js),
    FILE("status.js", status_js),
    FILE("theme.js", theme_js),
};

size_t dashboard_page_count(void) { return sizeof(files) / sizeof(files[0]); }

struct dashboard_page_file dashboard_page_file(size_t index) { return files[index]; }
