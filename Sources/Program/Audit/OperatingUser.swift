import Glibc
import HTTP

/// The user of the operating system who runs a command: the caller of what it does, for the audit log.
enum OperatingUser {
    static let issuer = "operating-system"

    static var caller: Caller { Caller(subject: name, issuer: issuer) }

    private static var name: String {
        guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { return "uid-\(getuid())" }
        return String(cString: name)
    }
}

extension Headers {
    /// Adds the caller of a command for operators. A service believes it as far as it believes whoever reaches its port.
    func byOperatingUser() -> Headers {
        var headers = self
        OperatingUser.caller.write(to: &headers)
        return headers
    }
}
