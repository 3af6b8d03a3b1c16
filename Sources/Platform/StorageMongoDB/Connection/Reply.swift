import CMongoDB

/// Where the library puts what the server answered.
final class Reply {
    private let pointer: OpaquePointer
    private let memory: UnsafeMutableRawPointer

    init() {
        memory = .allocate(byteCount: bson_t_size(), alignment: bson_alignment())
        pointer = OpaquePointer(memory)
        bson_init(pointer)
    }

    deinit {
        bson_destroy(pointer)
        memory.deallocate()
    }

    /// The pointer ends with the closure at the latest.
    func with<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        withExtendedLifetime(self) { body(pointer) }
    }

    var document: BSON { with { BSON($0) } }

    func error(_ error: bson_error_t) -> MongoError { with { MongoError(error, reply: $0) } }
}
