import Glibc
import HTTP
import ServiceHost

/// The user of the operating system who runs a command: the caller of what it does, for the audit log.
enum OperatingUser {
    static let issuer = "operating-system"

    /// The caller of a command that changes files of the machine itself.
    static var caller: Caller { Caller(subject: name, issuer: issuer) }

    /// The caller of a request. Somebody without a role would be a customer.
    static var asOperator: Caller { Caller(subject: name, issuer: issuer, roles: ["operator"]) }

    private static var name: String {
        guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { return "uid-\(getuid())" }
        return String(cString: name)
    }
}

extension Headers {
    /// Adds the caller of a command for operators, and the reason that its option says. A service believes it as far as it
    /// believes whoever reaches its port.
    func byOperatingUser(_ arguments: Arguments? = nil) -> Headers {
        var headers = self
        OperatingUser.asOperator.write(to: &headers)
        if let reason = arguments?.string("reason") { headers[AuditTrail.reasonField] = QueryString.encode(reason) }
        return headers
    }
}
