import Storage
import StorageSQL

extension SQLDialect {
    /// Null comes first in every engine's order; PostgreSQL's own has it last.
    static let postgreSQL = SQLDialect(ascending: "ASC NULLS FIRST", descending: "DESC NULLS LAST") {
        "$\($0)"
    } differs: {
        "\($0) IS DISTINCT FROM \($1)"
    }
}

extension CollectionSQL {
    /// Does nothing where the id or a unique field is taken: an error would end the transaction.
    var insertIfFree: String { "\(insert) ON CONFLICT DO NOTHING" }
}

func quoted(_ name: String) -> String { SQLDialect.postgreSQL.quoted(name) }
