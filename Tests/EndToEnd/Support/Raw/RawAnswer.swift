/// An answer as it came.
struct RawAnswer: Sendable {
    let head: String
    let body: [UInt8]

    var status: Int {
        let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
        return words.count > 1 ? Int(words[1]) ?? 0 : 0
    }
    var text: String { String(decoding: body, as: UTF8.self) }

    func header(_ name: String) -> String? {
        for line in head.split(separator: "\r\n").dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            if pair[0].lowercased() == name.lowercased() {
                return pair.count > 1 ? String(pair[1].drop { $0 == " " }) : ""
            }
        }
        return nil
    }
}
