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
    /// Does nothing where the id or a unique field is taken: an error would end the transaction. Gives the row's place
    /// otherwise, a number for what comes after it, and the transaction's.
    var insertIfFree: String {
        "\(insert) ON CONFLICT DO NOTHING RETURNING ctid, nextval('\(Migrator.ordinals)'), txid_current()"
    }
    /// An error where there is nothing to update.
    var updateOrFail: String { orFail(update) }
    /// The same for a row whose place is known: version, document and fields; then the place.
    var updateAtPlaceOrFail: String { orFail("\(assign) WHERE ctid = \(valueAfterAssign)") }

    private func orFail(_ update: String) -> String {
        "WITH written AS (\(update) RETURNING 1) SELECT 1 / count(*) FROM written"
    }
}

func quoted(_ name: String) -> String { SQLDialect.postgreSQL.quoted(name) }
