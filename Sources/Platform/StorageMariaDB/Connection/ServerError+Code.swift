import CMariaDB
import Storage
import StorageServer

extension ServerError {
    /// By the server's or the library's number.
    init(code: UInt32, message: String) {
        switch code {
        case 1213, 1020: self.init(.conflict, message)  // deadlock; changed since it was read
        case 1205: self.init(.delayed, message)  // waited too long for a lock
        case 1062: self.init(.taken(field: Self.key(of: message)), message)
        case 1406: self.init(.refused(.invalidQuery), message)  // "Data too long for column 'name' at row 1"
        case 1366, 1300, 3988: self.init(.refused(.invalidQuery), message)  // a character that it does not know
        // It shuts down, or ended the connection.
        case 1053, 1077, 1152, 1153, 1158...1161, 1184, 1927, 1129, 4150: self.init(.lost, message)
        case _ where (2000..<3000).contains(code): self.init(.lost, message)
        case 1021, 1114: self.init(.refused(.full), message)
        // Index or table corrupt; to be repaired.
        case 1034, 1194, 1195, 1712: self.init(.refused(.damaged), message)
        case 1969, 3024: self.init(.refused(.tooSlow), message)
        // Too many connections, no memory, read-only, interrupted.
        case 1040, 1203, 1226, 1037, 1038, 1041, 1290, 1836, 1317, 1180:
            self.init(.refused(.unavailable), message)
        default: self.init(.refused(.internalFailure), message)
        }
    }

    /// "Duplicate entry 'red' for key 'color'": keys are named after their fields.
    private static func key(of message: String) -> String {
        let parts = message.split(separator: "'", omittingEmptySubsequences: false)
        let key = parts.count > 2 ? parts[parts.count - 2] : ""
        return key == "PRIMARY" || key.isEmpty ? "id" : String(key)
    }
}
