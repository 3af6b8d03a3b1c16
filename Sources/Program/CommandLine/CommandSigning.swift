import Glibc
import HTTP
import HTTPClient
import Kernel
import Telemetry
import Tokens

/// Signs the requests of a command to ports that ask for service tokens: by the secret that the configuration names, else by
/// the one in the data folder, if this user may read it.
enum CommandSigning {
    /// The command's name in the tokens.
    private static let name = "command"
    private static let field = "Sambal-Service-Token"

    /// Without `arguments`, configuration and data folder are those that the environment names. A configuration that cannot be
    /// read, and a secret that is not there, sign nothing: the port says why it refuses.
    static func options(_ arguments: Arguments = Arguments(), loop: any Loop) -> HTTPClientOptions {
        guard let settings = try? arguments.settings(data: arguments.data, transport: .sockets) else {
            return HTTPClientOptions()
        }
        return self.options(settings, data: arguments.data, loop: loop)
    }

    static func options(_ settings: ShopSettings, data: String, loop: any Loop) -> HTTPClientOptions {
        var options = HTTPClientOptions()
        guard settings.places.values.contains(where: { $0.trust == .token }),
            let secret = try? Secrets(configured: settings.secrets, data: data).existing(ServiceSecrets.signing),
            let keys = ServiceKeys(secret)
        else { return options }
        let mint = ServiceTokenMint(of: name, keys: keys, loop: loop)
        options.prepare = { request in
            guard let server = server(of: request.url), let service = settings.service(at: server) else { return }
            let caller = (try? Caller(request.headers)) ?? nil
            request.headers[field] = mint.token(
                for: service,
                caller: caller.map { ServiceToken.Caller(subject: $0.subject, issuer: $0.issuer, roles: $0.roles) })
        }
        return options
    }

    /// Scheme and authority.
    private static func server(of url: String) -> String? {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        return String(url[..<(url[scheme.upperBound...].firstIndex { "/?#".contains($0) } ?? url.endIndex)])
    }
}
