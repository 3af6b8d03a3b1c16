import HTTP
import Kernel

extension Response {
    /// A JSON answer whose members are written `like_this`.
    static func snakeCase(_ value: some Encodable, status: Int = 200) throws -> Response {
        Response(
            status: status, headers: ["Content-Type": "application/json"], body: try JSON.encodeSnakeCase(value))
    }
}
