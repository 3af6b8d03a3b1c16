extension Query {
    /// A whole number; `standard` when it is not given. Throws a 400 `Problem` that names it when it is something else
    /// or out of `range`.
    public func integer(_ name: String, default standard: Int, in range: ClosedRange<Int>) throws(Problem) -> Int {
        try integer(name, in: range) ?? standard
    }

    public func integer(_ name: String, default standard: Int, in range: PartialRangeFrom<Int>) throws(Problem) -> Int {
        try integer(name, default: standard, in: range.lowerBound...Int.max)
    }

    /// A whole number; `nil` when it is not given.
    public func integer(_ name: String, in range: ClosedRange<Int> = .min ... .max) throws(Problem) -> Int? {
        guard let value = try value(name, as: Int.self) else { return nil }
        guard range.contains(value) else { throw .invalid(name, "must be \(Self.words(for: range))") }
        return value
    }

    /// `true` or `false`; `standard` when it is not given.
    public func flag(_ name: String, default standard: Bool = false) throws(Problem) -> Bool {
        try value(name, as: Bool.self) ?? standard
    }

    /// A value that can be read from text; `nil` when it is not given.
    public func value<Value: LosslessStringConvertible>(
        _ name: String, as type: Value.Type
    ) throws(Problem) -> Value? {
        guard let text = self[name] else { return nil }
        guard let value = Value(text) else { throw .invalid(name, "must be \(Problem.name(of: type))") }
        return value
    }

    /// The text; throws a 400 `Problem` that names it when it is not given or empty.
    public func required(_ name: String) throws(Problem) -> String {
        guard let text = self[name], !text.isEmpty else { throw .invalid(name, "is required") }
        return text
    }

    private static func words(for range: ClosedRange<Int>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (let low, .max): "at least \(low)"
        case (.min, let high): "at most \(high)"
        case (let low, let high): "from \(low) to \(high)"
        }
    }
}
