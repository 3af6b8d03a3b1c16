import Storage

/// Where the engines that speak SQL differ in how they spell the same.
package struct SQLDialect: Sendable {
    /// Around a name; doubles inside of it.
    let quote: Character
    /// How the value of that number, from 1, is written.
    let placeholder: @Sendable (Int) -> String
    /// The null-safe "is another than".
    let differs: @Sendable (_ name: String, _ value: String) -> String
    /// Behind a sort key, so that null comes first.
    let ascending: String
    let descending: String

    package init(
        quote: Character = "\"", ascending: String = "ASC", descending: String = "DESC",
        placeholder: @escaping @Sendable (Int) -> String,
        differs: @escaping @Sendable (_ name: String, _ value: String) -> String
    ) {
        self.quote = quote
        self.ascending = ascending
        self.descending = descending
        self.placeholder = placeholder
        self.differs = differs
    }

    /// A name as the engine has it.
    package func quoted(_ name: String) -> String {
        let parts = name.split(separator: quote, omittingEmptySubsequences: false)
        return "\(quote)\(parts.joined(separator: "\(quote)\(quote)"))\(quote)"
    }

    func compares(_ name: String, _ comparison: Condition.Comparison, _ value: String) -> String {
        switch comparison {
        case .equal: "\(name) = \(value)"
        case .notEqual: differs(name, value)
        case .less: "\(name) < \(value)"
        case .lessOrEqual: "\(name) <= \(value)"
        case .greater: "\(name) > \(value)"
        case .greaterOrEqual: "\(name) >= \(value)"
        }
    }
}
