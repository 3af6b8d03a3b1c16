import StorageMariaDB
import StorageMongoDB
import StoragePostgreSQL

@testable import Configuration
@testable import MessagingKafka
@testable import StorageSQLClient

extension FuzzTarget {
    static let configurationTargets = [
        FuzzTarget(name: "yaml", read: readYAML),
        FuzzTarget(name: "configuration", read: readConfiguration),
        FuzzTarget(name: "url", read: readDatabaseURL),
    ]
}

/// Every text of a file is written so that YAML reads it as the same.
private func readYAML(_ bytes: [UInt8]) {
    guard let root = try? ConfigurationFile.parse(bytes, name: "fuzz") else { return }
    check(root)
}

private func check(_ node: ConfigurationNode) {
    switch node.value {
    case .null: break
    case .scalar(let text): checkWritten(text)
    case .list(let nodes): nodes.forEach(check)
    case .section(let entries):
        for entry in entries {
            checkWritten(entry.key)
            check(entry.node)
        }
    }
}

private func checkWritten(_ text: String) {
    let written = YAMLText.scalar(text)
    precondition(!written.utf8.contains(UInt8(ascii: "\n")), "a value goes over two lines")
    guard let root = try? ConfigurationFile.parse(Array("key: \(written)\n".utf8), name: "fuzz"),
        case .section(let entries) = root.value, case .scalar(let again)? = entries.first?.node.value
    else { fatalError("a value cannot be read back") }
    precondition(again.utf8.elementsEqual(text.utf8), "a value reads back as another")
}

/// Reads values of every type, collects what is wrong, and shows the rest: as YAML again.
private func readConfiguration(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let duration = DurationText.read(text) {
        let shown = DurationText.show(duration)
        precondition(DurationText.read(shown) != nil, "a duration cannot be read back")
    }
    guard let source = try? ConfigurationSource(yaml: text) else { return }
    let reader = ConfigurationReader(source)
    let root = reader.root
    _ = root.string("name", default: "a")
    _ = root.int("port", in: 1...65_535, default: 80)
    _ = root.number("rate", in: 0...1, default: 0.5)
    _ = root.bool("isOpen", default: true)
    _ = root.duration("timeout", in: .milliseconds(1)...(.seconds(60)), default: .seconds(1))
    _ = root.choice("checkout", of: ["orchestrated", "choreographed"], default: "orchestrated")
    _ = root.strings("hosts")
    _ = root.stringMap("labels")
    _ = root.string("password", default: "secret")
    for section in root.list("routes") { _ = section.string("path") }
    for (_, section) in root.map("services") { _ = section.string("database", default: "sqlite:a") }
    do throws(ConfigurationError) {
        try reader.finish()
    } catch {
        precondition(!error.problems.isEmpty && error.problems.allSatisfy { !$0.description.isEmpty })
        return
    }
    // A list on one line may have more texts than a file may have values.
    guard text.utf8.count(where: { $0 == UInt8(ascii: ",") }) < 10_000 else { return }
    let dump = reader.dump()
    precondition((try? ConfigurationFile.parse(Array(dump.utf8), name: "dump")) != nil, "what is shown is not YAML")
}

/// The password of a URL is in nothing that people are shown.
private func readDatabaseURL(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    _ = KafkaSettings(url: "kafka://" + text)
    let secret = "Corr3ct-H0rse"
    for scheme in ["postgres", "mariadb", "mongodb"] {
        for url in [text, "\(scheme)://\(text)", "\(scheme)://user:\(secret)@\(text)"] {
            let shown = name(scheme, url)
            if !text.contains(secret) {
                precondition(!shown.contains(secret), "a password is shown")
                precondition(!YAMLText.withoutPassword(url).contains(secret), "a password is shown")
            }
        }
    }
}

/// By which people see which database it is, or what is wrong with the URL.
private func name(_ scheme: String, _ url: String) -> String {
    do {
        return switch scheme {
        case "postgres": try PostgreSQLSettings(url: url, defaultSchema: "order").name
        case "mariadb": try MariaDBSettings(url: url, defaultSchema: "order").name
        default: try MongoDBSettings(url: url, defaultSchema: "order").name
        }
    } catch {
        return "\(error)"
    }
}
