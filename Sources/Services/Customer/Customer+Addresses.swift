public import Contracts

/// Changes a customer's addresses.
extension Customer {
    public static let mostAddresses = 20

    /// The first one becomes the default in any case. `false` if there are too many.
    public mutating func add(_ address: Address, id: String, asDefault: Bool) -> Bool {
        guard addresses.count < Self.mostAddresses else { return false }
        addresses.append(CustomerAddress(id: id, address: address, isDefault: false))
        if asDefault || addresses.count == 1 { _ = makeDefault(id) }
        return true
    }

    /// `false` if there is no such address.
    public mutating func makeDefault(_ addressId: String) -> Bool {
        guard addresses.contains(where: { $0.id == addressId }) else { return false }
        for index in addresses.indices { addresses[index].isDefault = addresses[index].id == addressId }
        return true
    }

    /// Where it was the default, the oldest of the others becomes it. `false` if there is no such address.
    public mutating func remove(_ addressId: String) -> Bool {
        guard let index = addresses.firstIndex(where: { $0.id == addressId }) else { return false }
        let removed = addresses.remove(at: index)
        if removed.isDefault, let first = addresses.first { _ = makeDefault(first.id) }
        return true
    }
}
