import FoundationEssentials

/// Reads scalars: the one place that says what stands for what.
extension JSONInput {
    func isNull(_ index: Int) -> Bool { nodes[index].kind == .null }

    func truth(_ index: Int, _ path: JSONPath) throws -> Bool {
        switch nodes[index].kind {
        case .true: return true
        case .false: return false
        case .text, .escapedText:
            if options.isLenient, let truth = Bool(text(of: index)) { return truth }
        default: break
        }
        throw mismatch(Bool.self, index, path)
    }

    /// A number is taken for the text that was written, digit by digit: a tracking code keeps all of its digits.
    func text(_ index: Int, _ path: JSONPath) throws -> String {
        let node = nodes[index]
        guard node.isText || options.isLenient && node.isNumber else { throw mismatch(String.self, index, path) }
        return text(of: index)
    }

    func integer<Number: FixedWidthInteger>(
        _ type: Number.Type, _ index: Int, _ path: JSONPath
    ) throws -> Number {
        switch nodes[index].kind {
        case .integer:
            if let number = Number(text(of: index)) { return number }
        case .number:
            // 1e3 and 10.0 are whole. Beyond 2^53 a floating-point number no longer says which whole number was meant.
            let number = Double(text(of: index)) ?? .nan
            if number.magnitude < 9_007_199_254_740_992, let number = Number(exactly: number) { return number }
        case .text, .escapedText:
            if options.isLenient, let number = Number(text(of: index)) { return number }
        default: break
        }
        throw mismatch(type, index, path)
    }

    func real<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        _ type: Number.Type, _ index: Int, _ path: JSONPath
    ) throws -> Number {
        let node = nodes[index]
        if node.isNumber || options.isLenient && node.isText, let number = Number(text(of: index)), number.isFinite {
            return number
        }
        throw mismatch(type, index, path)
    }

    func decimal(_ index: Int, _ path: JSONPath) throws -> Decimal {
        let node = nodes[index]
        guard node.isNumber || options.isLenient && node.isText else { throw mismatch(Decimal.self, index, path) }
        let written = text(of: index)
        // `Decimal` takes the number that a text begins with, whatever follows. It keeps 38 digits and would round the rest
        // away in silence; what needs more when it is written out could not be read again.
        guard Self.isNumber(written), Self.digits(written) <= 38, let number = Decimal(string: written),
            number.isFinite, Self.digits(number.description) <= 38
        else { throw mismatch(Decimal.self, index, path) }
        return number
    }

    private static func isNumber(_ text: String) -> Bool {
        text.utf8.allSatisfy { 0x30...0x39 ~= $0 || "+-.eE".utf8.contains($0) } && Double(text) != nil
    }

    /// Before an exponent.
    private static func digits(_ text: String) -> Int {
        text.utf8.prefix { $0 | 0x20 != UInt8(ascii: "e") }.count { 0x30...0x39 ~= $0 }
    }

    func data(_ index: Int, _ path: JSONPath) throws -> Data {
        guard let data = Data(base64Encoded: try text(index, path)) else {
            throw DecodingError.dataCorrupted(.init(codingPath: path.keys, debugDescription: "must be base64"))
        }
        return data
    }

    func mismatch(_ type: any Any.Type, _ index: Int, _ path: JSONPath) -> DecodingError {
        let context = DecodingError.Context(codingPath: path.keys, debugDescription: "the value does not fit")
        return isNull(index) ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }
}

extension DecodingError {
    static func keyNotFound(_ key: some CodingKey, in path: JSONPath) -> DecodingError {
        .keyNotFound(key, .init(codingPath: path.keys, debugDescription: "is required"))
    }
}
