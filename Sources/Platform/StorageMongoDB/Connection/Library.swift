import CMongoDB

/// The library's own beginning.
enum Library {
    private static let isReady: Void = {
        // What matters is in the errors; its own lines would be among the log's, and may quote a URL.
        mongoc_be_silent()
        mongoc_init()
    }()

    static func prepare() { _ = isReady }
}
