import Storage
import StorageMariaDB
import StorageMongoDB
import StoragePostgreSQL
import Testing

/// What is wrong with a URL is told by its parameter, and never with the password.
@Suite struct DatabaseURLTests {
    private func read(_ url: String) throws -> String {
        switch url.prefix(while: { $0 != ":" }) {
        case "postgres", "postgresql": try PostgreSQLSettings(url: url, defaultSchema: "order").name
        case "mongodb", "mongodb+srv": try MongoDBSettings(url: url, defaultSchema: "order").name
        default: try MariaDBSettings(url: url, defaultSchema: "order").name
        }
    }

    @Test(arguments: [
        ("postgres://h/d?sslmod=require", "'sslmod' that PostgreSQL does not know"),
        ("postgres://h/d?connections=0", "'connections', which must be from 1 to 1000"),
        ("postgres://h/d?connections=many", "'connections'"), ("postgres://h/d?schema=", "'schema'"),
        ("postgres://h/d?sslmode=verify", "'sslmode', which must be one of disable"),
        ("postgres://h/d?sslrootcert=/ca", "'sslrootcert' without sslmode=verify-full"),
        ("postgres://h/d?sslmode=prefer&sslrootcert=/ca", "'sslrootcert' without sslmode=verify-full"),
        ("postgres://h/d?sslmode=require&sslmode=disable", "'sslmode' more than once"),
        ("mariadb://h/d?ssl-mode=on", "'ssl-mode' that MariaDB does not know"), ("mariadb://h/d?tls=maybe", "'tls'"),
        ("mariadb://h/d?tls=verify&tls=off", "'tls' more than once"), ("mariadb://h/d?connections=0", "'connections'"),
        ("mariadb://h/d?ca=/ca", "'ca' without tls=verify"), ("mariadb://h/d?tls=require&ca=/ca", "'ca' without"),
        ("mariadb://h/d?tls=verify&cert=/c", "both 'cert' and 'key'"),
        ("mariadb://h/d?cert=/c&key=/k", "'cert' without"),
        ("mariadb://h/d?schema=a`b", "'schema'"), ("mongodb://h/d?tsl=true", "'tsl' that MongoDB does not know"),
        ("mongodb://h/d?connections=3", "'connections' that MongoDB does not know"),
        ("mongodb://h/d?tls=true&TLS=false", "'TLS' more than once"), ("mongodb://h/d?schema=a$b", "'schema'"),
        ("mongodb://h/d?tls=false&tlsCAFile=/ca", "'tlsCAFile' with tls=false"),
    ])
    func a_parameter_that_is_wrong_is_named(url: String, words: String) {
        let error = #expect(throws: DatabaseURLError.self, "\(url)") { try read(url) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        "postgres:h", "postgres://h:port/d", "postgres://h/d?schema", "mariadb://h", "mariadb:h", "mariadb://h/d/e",
        "mariadb://h:0/d", "mariadb://h/d#e", "mongodb://h", "mongodb:h", "mongodb://h/d?tls=maybe",
        // Passwords that should have been encoded.
        "postgres://u:12/secret@h/d", "postgres://u:sec/ret@h/d", "postgres://u:sec%ret@h/d",
        "postgres://u:x?secret=y@h/d", "mariadb://u:x/secret@h/d",
        "mariadb://u:x?secret=y@h/d", "mongodb://u:sec%ret@h/d", "mongodb://u:sec:ret@h/d",
        "mongodb://u:x@secret/y@h/d",
        "mongodb://u:x?secret=y@h/d", "mongodb://u:secret@h",
        "postgres://u:x@secret@h/d", "mariadb://u:x@secret@h/d", "mongodb://u:x@secret@h/d",
    ])
    func what_cannot_be_read_is_told_by_its_form_alone(url: String) {
        let error = #expect(throws: DatabaseURLError.self, "\(url)") { try read(url) }
        let message = error?.message ?? ""
        #expect(message.contains("://USER:PASSWORD@HOST") && message.contains("percent-encoded"))
        #expect(!message.contains("sec"))
    }

    @Test(arguments: [
        ("postgres://u:p%40ss%2Fw%3Ard%25@h:1/d?sslmode=verify-full&sslrootcert=/ca", "postgres://h:1/d?schema=order"),
        ("postgres://u@h/d?ssl=true&target_session_attrs=read-write&password=x", "postgres://h/d?schema=order"),
        ("postgres://u@one:1,two:2/d?sslmode=verify-ca&sslcert=/c&sslkey=/k", "postgres://one,two:1,2/d?schema=order"),
        ("mariadb://u:p%40ss%2Fw%3Ard%25@h/d?tls=verify&ca=%2Fa%20b", "mariadb://h:3306/d?schema=order"),
        ("mariadb://u@h/d?tls=require&cert=/c&key=/k", "mariadb://h:3306/d?schema=order"),
        ("mongodb://u:p%40ss%2Fw%3Ard%25@h/d?tls=true&tlsCAFile=/ca", "mongodb://h/d?schema=order"),
        ("mongodb://u:p@h/d?tlsCAFile=/ca&authSource=admin&authMechanism=SCRAM-SHA-256", "mongodb://h/d?schema=order"),
        ("mongodb+srv://u:p@h.example.com/d?w=majority", "mongodb://h.example.com/d?schema=order"),
    ])
    func what_the_engines_know_is_taken_and_the_name_tells_no_secret(url: String, name: String) throws {
        #expect(try read(url) == name)
    }
}
