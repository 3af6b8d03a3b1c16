import StorageSQL

extension SQLDialect {
    static let mariaDB = SQLDialect(quote: "`") { _ in
        "?"
    } differs: {
        "NOT (\($0) <=> \($1))"
    }
}

func quoted(_ name: String) -> String { SQLDialect.mariaDB.quoted(name) }
