public import Kernel

extension Timestamp: SchemaDescribing {
    public static var schema: Schema { .string(format: "date-time") }
    public static var sample: Timestamp { Timestamp(milliseconds: 0) }
}

extension Currency: SchemaDescribing {
    public static var schema: Schema { .string(format: "iso-4217") }
    public static var sample: Currency { Currency(code: "USD")! }
}

extension JSONDocument: SchemaDescribing {
    public static var schema: Schema { .any }
    public static var sample: JSONDocument { .null }
}
