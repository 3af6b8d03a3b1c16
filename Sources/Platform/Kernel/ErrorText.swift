import FoundationEssentials
import Glibc

/// An error as a sentence for people: for logs, answers, the terminal, and records that keep why something failed.
///
/// The shop's own errors say their sentence themselves. Those of Swift and Foundation would be shown as source code.
public enum ErrorText {
    public static func of(_ error: any Error) -> String {
        switch error {
        case let error as DecodingError: decoding(error)
        case let error as EncodingError: encoding(error)
        case is CancellationError: "it was given up before it was done"
        case let error as CocoaError: cocoa(error)
        case let error as POSIXError: String(cString: strerror(error.code.rawValue))
        case let error as any CustomStringConvertible: error.description
        default: "\(error)"
        }
    }

    // MARK: Decoding

    private static func decoding(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(path(context.codingPath + [key])) is missing"
        case .valueNotFound(_, let context): "\(path(context.codingPath)) is null"
        case .typeMismatch(let type, let context): "\(path(context.codingPath)) is not \(name(of: type))"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "it cannot be read: \(context.debugDescription)"
                : "\(path(context.codingPath)) cannot be read: \(context.debugDescription)"
        @unknown default: "it cannot be read"
        }
    }

    private static func encoding(_ error: EncodingError) -> String {
        guard case .invalidValue(_, let context) = error else { return "it cannot be written as JSON" }
        return "\(path(context.codingPath)) cannot be written: \(context.debugDescription)"
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        guard !keys.isEmpty else { return "the document" }
        return keys.reduce(into: "") { path, key in
            path += key.intValue.map { "[\($0)]" } ?? (path.isEmpty ? "" : ".") + key.stringValue
        }
    }

    private static func name(of type: Any.Type) -> String {
        switch type {
        case is any FixedWidthInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is Bool.Type: "true or false"
        case is String.Type: "text"
        default: "\(type)".hasPrefix("Array") ? "a list" : "an object"
        }
    }

    // MARK: Files

    private static func cocoa(_ error: CocoaError) -> String {
        let file = error.filePath ?? "the file"
        if let underlying = error.underlying as? POSIXError {
            return "\(file): \(String(cString: strerror(underlying.code.rawValue)))"
        }
        let reason: String =
            switch error.code {
            case .fileNoSuchFile, .fileReadNoSuchFile: "there is no such file or folder"
            case .fileReadNoPermission, .fileWriteNoPermission: "this user may not use it"
            case .fileWriteOutOfSpace: "the disk is full"
            case .fileWriteFileExists: "it exists already"
            case .fileWriteVolumeReadOnly: "the disk is read-only"
            case .fileReadTooLarge: "it is too large"
            case .fileReadInvalidFileName, .fileWriteInvalidFileName: "its name is not possible"
            case .fileReadCorruptFile, .fileReadInapplicableStringEncoding: "it is not readable as text"
            case .fileReadUnknown: "it cannot be read"
            case .fileWriteUnknown: "it cannot be written"
            default: "it cannot be used (Foundation's code \(error.code.rawValue))"
            }
        return "\(file): \(reason)"
    }
}
