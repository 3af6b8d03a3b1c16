import FoundationEssentials

/// A database server's URL and its parameters, each of which is there once.
package struct DatabaseURL: Sendable {
    package struct Parameter: Sendable, Hashable {
        package let name: String
        package let value: String
        fileprivate let text: Substring
    }
    /// As it is told to people: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
    private let form: String
    private let place: Substring
    /// Those that nobody has taken yet.
    package private(set) var parameters: [Parameter] = []

    package init(_ url: String, schemes: [String]) throws(DatabaseURLError) {
        form = "\(schemes[0])://USER:PASSWORD@HOST:PORT/DATABASE"
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        place = parts[0]
        guard let scheme = schemes.first(where: { url.hasPrefix("\($0)://") }),
            // Behind the first slash, an "@" says that the slash is one of the password's.
            !place.dropFirst(scheme.count + 3).drop(while: { $0 != "/" }).contains("@")
        else { throw .unreadable(form) }
        // Of two, the first is the user's or the password's: what follows it would be taken for the host, and shown.
        let authority = place.dropFirst(scheme.count + 3).prefix { $0 != "/" }
        guard authority.count(where: { $0 == "@" }) <= 1 else { throw .unreadable(form) }
        var names: Set<String> = []
        for text in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            // An "@" out here says that what is taken for parameters began within the password.
            guard !text.contains("@"), let item = URLComponents(string: "?\(text)")?.queryItems?.first,
                let value = item.value
            else { throw unreadable }
            let name = item.name
            guard names.insert(name.lowercased()).inserted else {
                throw DatabaseURLError("has the parameter '\(name)' more than once")
            }
            parameters.append(Parameter(name: name, value: value, text: text))
        }
    }

    package var unreadable: DatabaseURLError { .unreadable(form) }

    /// Without the parameters that were taken.
    package var text: String {
        place + (parameters.isEmpty ? "" : "?" + parameters.map(\.text).joined(separator: "&"))
    }

    /// A parameter's value, once.
    package mutating func take(_ name: String) -> String? {
        guard let index = parameters.firstIndex(where: { $0.name == name }) else { return nil }
        return parameters.remove(at: index).value
    }

    package mutating func take(
        _ name: String, in range: ClosedRange<Int>
    ) throws(DatabaseURLError) -> Int? {
        guard let text = take(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw DatabaseURLError("has '\(name)', which must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Takes the schema that a service's tables are named after.
    package mutating func takeSchema(
        default fallback: String, without forbidden: Character? = nil
    ) throws(DatabaseURLError) -> String {
        let schema = take("schema") ?? fallback
        if schema.isEmpty { throw DatabaseURLError("has an empty 'schema'") }
        if let forbidden, schema.contains(forbidden) {
            throw DatabaseURLError("has a 'schema' with the character \(forbidden)")
        }
        return schema
    }

    /// Throws if a parameter is left that the server's library does not know.
    package func check(knownTo server: String, _ isKnown: (String) -> Bool) throws(DatabaseURLError) {
        if let unknown = parameters.first(where: { !isKnown($0.name) }) {
            throw DatabaseURLError("has a parameter '\(unknown.name)' that \(server) does not know")
        }
    }
}

/// A fault of a database's URL, to be put behind its name: "has a parameter 'tsl' that PostgreSQL does not know".
/// It never holds the user or the password.
public struct DatabaseURLError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String { message }

    public let message: String

    package init(_ message: String) { self.message = message }

    /// Nothing of it can be quoted: it may be the password that is not where it should be.
    package static func unreadable(_ form: String) -> DatabaseURLError {
        DatabaseURLError(
            "must be \(form); special characters in the user's name and the password are percent-encoded (%40 for @)")
    }
}
