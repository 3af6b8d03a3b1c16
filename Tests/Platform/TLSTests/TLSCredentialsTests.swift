import FoundationEssentials
import Glibc
import Kernel
import PlatformTestSupport
import TLS
import Testing

@Suite struct TLSCredentialsTests {
    private static let now = Timestamp(milliseconds: 1_767_225_600_000)
    private let folder = TemporaryDirectory()

    private func settings(_ pair: TestCertificate, name: String = "server") throws -> TLSSettings {
        let paths = try pair.write(into: folder, name: name)
        return TLSSettings(certificate: paths.certificate, key: paths.key)
    }

    private func failure(_ settings: TLSSettings) -> TLSError? {
        do throws(TLSError) {
            _ = try TLSCredentials(settings)
            return nil
        } catch {
            return error
        }
    }

    @Test func a_pair_that_belongs_together_is_taken() throws {
        let credentials = try TLSCredentials(settings(.first))
        #expect(credentials.subject == "/CN=first.example")
        #expect(credentials.validUntil.description.hasPrefix("2120-01-01"))
        #expect(credentials.problem(at: Self.now) == nil)
    }

    @Test func the_rest_of_the_chain_is_taken_with_it() throws {
        let chain = TestCertificate(
            certificate: TestCertificate.first.certificate + "\n" + TestCertificate.second.certificate,
            key: TestCertificate.first.key)
        #expect(try TLSCredentials(settings(chain)).subject == "/CN=first.example")
    }

    @Test func a_key_of_another_certificate_is_refused() throws {
        let mixed = TestCertificate(
            certificate: TestCertificate.first.certificate, key: TestCertificate.second.key)
        let error = try #require(failure(settings(mixed)))
        #expect(error.code == .mismatch)
        #expect(error.description.contains("does not belong to the first certificate"))
    }

    @Test(arguments: [0o644, 0o640 | 0o002, 0o604, 0o620, 0o660] as [mode_t])
    func a_key_that_others_may_read_or_write_is_refused(mode: mode_t) throws {
        let settings = try settings(.first)
        chmod(settings.key, mode)
        let error = try #require(failure(settings))
        #expect(error.code == .exposedKey)
        #expect(error.description.contains("chmod 600 \(settings.key)"))
        // A group may be that of a mounted secret.
        chmod(settings.key, 0o640)
        #expect(failure(settings) == nil)
    }

    @Test func what_is_no_pem_is_refused_and_not_repeated() throws {
        let secret = "c2VjcmV0IGJ5dGVz"
        let cases: [(TestCertificate, String)] = [
            (TestCertificate(certificate: "", key: TestCertificate.first.key), "must be a file in PEM"),
            (TestCertificate(certificate: "hello", key: TestCertificate.first.key), "holds no certificate in PEM"),
            (
                TestCertificate(
                    certificate: "-----BEGIN CERTIFICATE-----\n\(secret)\n-----END CERTIFICATE-----\n",
                    key: TestCertificate.first.key), "holds a certificate that cannot be read"
            ),
            (
                TestCertificate(
                    certificate: TestCertificate.first.certificate
                        + "\n-----BEGIN CERTIFICATE-----\n\(secret)\n-----END CERTIFICATE-----\n",
                    key: TestCertificate.first.key), "holds a certificate that cannot be read"
            ),
            (
                TestCertificate(certificate: TestCertificate.first.certificate, key: secret),
                "holds no private key in PEM"
            ),
            (
                TestCertificate(
                    certificate: TestCertificate.first.certificate, key: TestCertificate.first.certificate),
                "holds no private key in PEM"
            ),
            (.encrypted, "is encrypted with a passphrase"),
            (.weak, "cannot be used: ee key too small"),
        ]
        for (pair, words) in cases {
            let error = try #require(failure(settings(pair)))
            #expect(error.description.contains(words), "\(error)")
            #expect(!error.description.contains(secret))
        }
    }

    @Test func files_that_are_none_are_refused_without_waiting() throws {
        let settings = try settings(.first)
        mkfifo(folder.file("pipe"), 0o600)
        for path in [folder.file("missing"), folder.path, folder.file("pipe"), "/dev/zero"] {
            #expect(failure(TLSSettings(certificate: path, key: settings.key))?.code == .unreadable)
            #expect(failure(TLSSettings(certificate: settings.certificate, key: path))?.code == .unreadable)
        }
    }

    @Test func a_start_with_an_expired_certificate_is_possible_and_said() throws {
        let credentials = try TLSCredentials(settings(.expired))
        #expect(credentials.problem(at: Self.now)?.contains("has expired at 2001-01-01") == true)
        #expect(credentials.problem(at: .earliest)?.contains("is not valid before 2000-01-01") == true)
    }

    @Test func a_pair_that_cannot_be_used_leaves_the_old_one_in_force() throws {
        let credentials = try TLSCredentials(settings(.first))
        let mixed = TestCertificate(
            certificate: TestCertificate.second.certificate, key: TestCertificate.first.key)
        for pair in [mixed, .expired, .weak, .encrypted] {
            let other = try settings(pair, name: "other")
            #expect(throws: TLSError.self) { try credentials.replace(other, at: Self.now) }
            #expect(credentials.subject == "/CN=first.example")
        }
        try credentials.replace(settings(.second, name: "other"), at: Self.now)
        #expect(credentials.subject == "/CN=second.example")
        #expect(credentials.settings.key == folder.file("other.key"))
    }
}
