import FoundationEssentials
import Kernel

@testable import REST

extension FuzzTarget {
    static let jsonTargets = [
        FuzzTarget(name: "json", read: readJSON),
        FuzzTarget(name: "merge", read: mergePatch),
        FuzzTarget(name: "timestamp", read: readTimestamp),
    ]
}

private struct Sample: Codable, Equatable {
    var id: String?
    var count: Int64?
    var small: Int8?
    var rate: Double?
    var price: Decimal?
    var isOpen: Bool?
    var tags: [String]?
    var at: Timestamp?
    var money: Money?
    var nested: [String: [Sample]]?
    var any: JSONDocument?
}

private struct Anything: Decodable {
    init(from decoder: any Decoder) throws {}
}

/// Reads documents and samples; what was read is written, and read again as the same.
private func readJSON(_ bytes: [UInt8]) {
    let data = Data(bytes)
    if let document = try? JSON.decode(JSONDocument.self, from: data, limits: .request) {
        let written = try! JSON.encode(document)
        precondition(try! JSON.decode(JSONDocument.self, from: written) == document, "reads back as something else")
        precondition((try? JSONDecoder().decode(Anything.self, from: data)) != nil, "is no JSON to Foundation")
    }
    let samples = [
        try? JSON.decode(Sample.self, from: data),
        try? JSON.decodeLeniently(Sample.self, from: data, limits: .document),
        try? JSON.decodeSnakeCase(Sample.self, from: data), try? JSON.decodeSnakeCaseLeniently(Sample.self, from: data),
    ]
    for sample in samples.compactMap({ $0 }) {
        let written = try! JSON.encode(sample)
        precondition(try! JSON.decode(Sample.self, from: written) == sample, "a sample reads back as another")
    }
    if let strict = samples[0] { precondition(samples[1] == strict, "the lenient reader reads something else") }
}

/// RFC 7396: a patch that was applied changes nothing when it is applied again, and leaves no `null` of its own.
private func mergePatch(_ bytes: [UInt8]) {
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let target = try? JSON.decode(JSONDocument.self, from: Data(parts[0]), limits: .request),
        let patch = try? JSON.decode(JSONDocument.self, from: Data(parts[1]), limits: .request)
    else { return }
    let once = target.merged(with: patch)
    precondition(once.merged(with: patch) == once, "the patch changes what it has changed")
    guard case .object(let changes) = patch, case .object(let members) = once else {
        return precondition(once == patch, "a patch that is no object is the result")
    }
    for (name, change) in changes {
        precondition((members[name] == nil) == (change == .null), "null removes, and nothing else does")
    }
}

private func readTimestamp(_ bytes: [UInt8]) {
    guard let time = Timestamp(String(decoding: bytes, as: UTF8.self)) else { return }
    precondition(Timestamp(time.description) == time, "a time reads back as another")
}
