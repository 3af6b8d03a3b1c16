/// Texts that mean something to a database that takes them for its own language.
enum InjectionCorpus {
    static let all: [String] = sql + operators + characters

    /// Each way out of a text with each thing that could be done there.
    private static let sql = ["'", "\"", "`", "\\'", "')", "1"].flatMap { way in
        [
            " OR 1=1 --", " OR ''='", "; DROP TABLE gadgets; --", "; DELETE FROM gadgets WHERE 1=1; --",
            "; UPDATE gadgets SET size=0; --", " UNION SELECT id, version, document FROM gadgets --",
            " AND SLEEP(30) #", "||pg_sleep(30)--", "; SHUTDOWN; --", " /*!OR*/ 1=1 --",
            "; ATTACH DATABASE 'x.db' AS x; --", " OR id LIKE '%",
        ].map { way + $0 }
    }

    private static let operators = [
        "{\"$gt\": \"\"}", "{\"$ne\": null}", "{\"$where\": \"sleep(30000)\"}", "{\"$regex\": \".*\"}",
        "'; return true; var a='", "$where", "$ne", "{$gt: ''}", "[$ne]", "this.size > 0", "db.gadgets.drop()",
        "{\"$set\": {\"size\": 0}}", "{\"$unset\": {\"document\": 1}}", "_id", "document", "$document",
    ]

    private static let characters = [
        "%", "_", "*", ".*", "\\", "\\\\", "'", "\"", "`", "''", "--", "#", "/*", ";", "\0", "a\0' OR 1=1 --",
        "\u{2019} OR 1=1 --", "\u{FF07} OR 1=1 --", "\r\n", "NULL", "null", "true", "0x27", "?", "$1", ":1", "?1",
        "@@version",
    ]
}
