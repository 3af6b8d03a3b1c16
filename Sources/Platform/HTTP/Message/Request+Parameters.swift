extension Request {
    /// The part of the path that the pattern calls `{name}`, percent-decoded. Throws a 400 `Problem` that names it when
    /// it cannot be read as `type`.
    public func parameter<Value: LosslessStringConvertible>(
        _ name: String, as type: Value.Type = String.self
    ) throws(Problem) -> Value {
        guard let text = parameters[name] else { throw .invalid(name, "is required") }
        guard let value = Value(text) else { throw .invalid(name, "must be \(Problem.name(of: type))") }
        return value
    }
}
