import StorageSQL

extension SQLDialect {
    static let sqlite = SQLDialect {
        "?\($0)"
    } differs: {
        "\($0) IS NOT \($1)"
    }
}

extension CollectionSQL {
    var insertIfAbsent: String { "\(insert) ON CONFLICT (\"id\") DO NOTHING" }
}

func quoted(_ name: String) -> String { SQLDialect.sqlite.quoted(name) }
