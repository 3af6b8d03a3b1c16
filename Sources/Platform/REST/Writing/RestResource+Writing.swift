import HTTP
import Kernel
import Storage

/// Routes that change a resource. Each is one transaction, which runs again if somebody else has changed what it read.
extension ResourceDeclaration {
    func writingRoutes(
        _ body: any (Decodable & SendableMetatype).Type
    ) -> [RouteDeclaration<RestResource<Root>>] {
        let itemPath = path + "/{id}"
        let routes: [RouteDeclaration<RestResource<Root>>] = [
            RouteDeclaration(
                .post, path, summary: "Adds one to \(name)", body: body, answers: Root.self, statuses: [201, 409]
            ) { try await $0.create($1, $0.writes) },
            RouteDeclaration(
                .put, itemPath, summary: "Replaces one of \(name), or adds it under that id", body: body,
                answers: Root.self, statuses: [200, 201, 409, 412]
            ) { try await $0.replace($1, $0.writes) },
            RouteDeclaration(
                .patch, itemPath, summary: "Changes members of one of \(name) (JSON Merge Patch, RFC 7396)",
                body: MergePatch.self, answers: Root.self, statuses: [200, 404, 409, 412, 415]
            ) { try await $0.patch($1, $0.writes) },
            RouteDeclaration(
                .delete, itemPath, summary: "Deletes one of \(name)", statuses: [204, 404, 409, 412]
            ) { try await $0.delete($1, $0.writes) },
        ]
        return routes.map { $0.produces(HAL.contentType) }
    }
}

extension RestResource {
    fileprivate func create(_ request: Request, _ writes: RestWrites<Root>) async throws -> Response {
        var made = try await request.aside { try writes.read($0)(nil, nil) }
        declaration.visibility.own(&made, replacing: nil, for: request.scope)
        let entity = made
        let stored = try await writes.namingDuplicates { try await repository.insert(entity) }
        return try answer(with: stored, status: 201, to: request)
    }

    fileprivate func replace(_ request: Request, _ writes: RestWrites<Root>) async throws -> Response {
        let id = try request.newIdentifier()
        let make = try await request.aside { try writes.read($0) }
        let visibility = declaration.visibility
        let precondition = Precondition(request)
        let (entity, isNew) = try await writes.namingDuplicates {
            try await repository.database.transaction(onConflict: .retry) { tx in
                var stored = try await repository.find(id, in: tx)
                if stored != nil || !visibility.choosesIds(request.scope) {
                    stored = try shown(stored, id, to: request)
                }
                try precondition.check(stored?.version)
                var made = try checked(try make(id, stored), is: id, writes)
                visibility.own(&made, replacing: stored, for: request.scope)
                guard let stored else { return (try await repository.insert(made, in: tx), true) }
                return (try await save(made, over: stored, in: tx), false)
            }
        }
        return try answer(with: entity, status: isNew ? 201 : 200, to: request)
    }

    fileprivate func patch(_ request: Request, _ writes: RestWrites<Root>) async throws -> Response {
        let id: String = try request.parameter("id")
        let patch = try await request.aside { try MergePatch($0) }
        let precondition = Precondition(request)
        let entity = try await writes.namingDuplicates {
            try await repository.database.transaction(onConflict: .retry) { tx in
                let stored = try await item(of: request, in: tx)
                try precondition.check(stored.version)
                let document = try JSON.decode(JSONDocument.self, from: try JSON.encode(stored))
                var merged = request
                merged.body = try JSON.encode(document.merged(with: patch.changes))
                var made = try checked(try writes.read(merged)(id, stored), is: id, writes)
                declaration.visibility.own(&made, replacing: stored, for: request.scope)
                return try await save(made, over: stored, in: tx)
            }
        }
        return try answer(with: entity, status: 200, to: request)
    }

    fileprivate func delete(_ request: Request, _ writes: RestWrites<Root>) async throws -> Response {
        let precondition = Precondition(request)
        try await repository.database.transaction(onConflict: .retry) { tx in
            let stored = try await item(of: request, in: tx)
            try precondition.check(stored.version)
            try await writes.checkDeletion(stored, tx)
            try await repository.delete(stored, in: tx)
        }
        return Response(status: 204)
    }

    private func checked(_ entity: Root, is id: String, _ writes: RestWrites<Root>) throws -> Root {
        guard entity.id == id else { throw Problem.invalid(writes.idField, "must stay that of \(id)") }
        return entity
    }

    /// Stores the entity. A change of nothing makes no new version.
    private func save(_ entity: Root, over stored: Root, in tx: any Transaction) async throws -> Root {
        var next = entity
        next.version = stored.version
        guard try JSON.bytes(of: next) != JSON.bytes(of: stored) else { return stored }
        return try await repository.update(next, in: tx)
    }
}
