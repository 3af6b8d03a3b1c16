import FoundationEssentials
import Glibc

/// Certificates for tests, signed by themselves, for `localhost` and 127.0.0.1. Their keys protect nothing.
package struct TestCertificate: Sendable {
    package let certificate: String
    package let key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Writes both files in the place of others, the key for this user only, and returns their paths.
    package func write(
        into folder: TemporaryDirectory, name: String = "server"
    ) throws -> (certificate: String, key: String) {
        let paths = (folder.file(name + ".crt"), folder.file(name + ".key"))
        try Data(certificate.utf8).write(to: URL(filePath: paths.0), options: .atomic)
        try Data(key.utf8).write(to: URL(filePath: paths.1), options: .atomic)
        chmod(paths.1, 0o600)
        return paths
    }

    /// CN first.example, valid until 2120.
    package static let first = TestCertificate(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBUjCB+KADAgECAhQvnj4fho2c+T+Naq2bMSKxQYoQczAKBggqhkjOPQQDAjAY
            MRYwFAYDVQQDDA1maXJzdC5leGFtcGxlMCAXDTAwMDEwMTAwMDAwMFoYDzIxMjAw
            MTAxMDAwMDAwWjAYMRYwFAYDVQQDDA1maXJzdC5leGFtcGxlMFkwEwYHKoZIzj0C
            AQYIKoZIzj0DAQcDQgAEWBJuzEbYruQp31lOsKfOKMWIGzsBT6JoDrLXpl9t/0m/
            rQVIZqWZ+f8w1NGaa9I7GECLATSvT7hhfmmkkKWmNKMeMBwwGgYDVR0RBBMwEYIJ
            bG9jYWxob3N0hwR/AAABMAoGCCqGSM49BAMCA0kAMEYCIQCqEdOqycUy7s1FVfgo
            QuuDS2taq+ZcrAk26m2sA+G75wIhAJxS3Wde++RIEMVpiJCvatYwM2joO9zCxmRY
            carpEasr
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBzsniR740y69jD3l
            +LVqM5Tbyi/+xtAU75tsMsR/umihRANCAARYEm7MRtiu5CnfWU6wp84oxYgbOwFP
            omgOstemX23/Sb+tBUhmpZn5/zDU0Zpr0jsYQIsBNK9PuGF+aaSQpaY0
            -----END PRIVATE KEY-----
            """)

    /// CN second.example, valid until 2121.
    package static let second = TestCertificate(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBUjCB+qADAgECAhRgBcOctPf2VOsf9+8/vuyKxI1AXzAKBggqhkjOPQQDAjAZ
            MRcwFQYDVQQDDA5zZWNvbmQuZXhhbXBsZTAgFw0wMDAxMDEwMDAwMDBaGA8yMTIx
            MDEwMTAwMDAwMFowGTEXMBUGA1UEAwwOc2Vjb25kLmV4YW1wbGUwWTATBgcqhkjO
            PQIBBggqhkjOPQMBBwNCAASLSt4OF5/TzzTJRjX1MnypAzkrnoNnPahLRXrA9P/3
            +7jCAVwm+5E1i/ir/1dRk2r5tVWWTRIlKH3r7ZIun9tSox4wHDAaBgNVHREEEzAR
            gglsb2NhbGhvc3SHBH8AAAEwCgYIKoZIzj0EAwIDRwAwRAIgJ7R3eaxsaV+TrjCj
            BuEAYCE7WEzOhlAI2JYvgDj6BkQCIBkGJPfJ1XxZWJrJn/1Bc5vBlQQqxpfLmZF1
            GI1BNUPg
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJW8lRjEEIpTU8QoU
            ojLUd/PG19z/zedTu+Y2tPNReIKhRANCAASLSt4OF5/TzzTJRjX1MnypAzkrnoNn
            PahLRXrA9P/3+7jCAVwm+5E1i/ir/1dRk2r5tVWWTRIlKH3r7ZIun9tS
            -----END PRIVATE KEY-----
            """)

    /// With the key of `first`; expired in 2001.
    package static let expired = TestCertificate(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBVDCB+qADAgECAhQA48yJbNEjYzGrIPqw6zcXcbsp6DAKBggqhkjOPQQDAjAa
            MRgwFgYDVQQDDA9leHBpcmVkLmV4YW1wbGUwHhcNMDAwMTAxMDAwMDAwWhcNMDEw
            MTAxMDAwMDAwWjAaMRgwFgYDVQQDDA9leHBpcmVkLmV4YW1wbGUwWTATBgcqhkjO
            PQIBBggqhkjOPQMBBwNCAARYEm7MRtiu5CnfWU6wp84oxYgbOwFPomgOstemX23/
            Sb+tBUhmpZn5/zDU0Zpr0jsYQIsBNK9PuGF+aaSQpaY0ox4wHDAaBgNVHREEEzAR
            gglsb2NhbGhvc3SHBH8AAAEwCgYIKoZIzj0EAwIDSQAwRgIhAO4u+Wy+3z4SXCK4
            +xTq5UQKsA+E4B9xyM0a04oBmD3gAiEA6cEnA4PJ39E7/CTpLh892l/zsRSrx1fb
            1S9xwi9eIdI=
            -----END CERTIFICATE-----
            """,
        key: first.key)

    /// With the key of `first`, valid from 120 seconds after a simulated loop's beginning until 2122.
    package static let soon = TestCertificate(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBbjCCARWgAwIBAgIUWz8AESIzRFVmd4iZqrvM3e7/ABEwCgYIKoZIzj0EAwIw
            FzEVMBMGA1UEAwwMc29vbi5leGFtcGxlMCAXDTI2MDEwMTAwMDIwMFoYDzIxMjIw
            MTAxMDAwMDAwWjAXMRUwEwYDVQQDDAxzb29uLmV4YW1wbGUwWTATBgcqhkjOPQIB
            BggqhkjOPQMBBwNCAARYEm7MRtiu5CnfWU6wp84oxYgbOwFPomgOstemX23/Sb+t
            BUhmpZn5/zDU0Zpr0jsYQIsBNK9PuGF+aaSQpaY0oz0wOzAaBgNVHREEEzARggls
            b2NhbGhvc3SHBH8AAAEwHQYDVR0OBBYEFBHLRWsec+T/3pTP6w9yBRnZW2B6MAoG
            CCqGSM49BAMCA0cAMEQCIGfEdnglkETBefyiQ5Oviz+RoeKVcdtxMzaTH3uu7NoC
            AiAAzqlbEZO8WuA4AEXUAcFkE90OKvW2MjqP/2DVcwUFsQ==
            -----END CERTIFICATE-----
            """,
        key: first.key)

    /// With a key of RSA with 1024 bits.
    package static let weak = TestCertificate(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIB1zCCAUCgAwIBAgIUWi5o0WIxcjL5mUHCDQOead8snuowDQYJKoZIhvcNAQEL
            BQAwFzEVMBMGA1UEAwwMd2Vhay5leGFtcGxlMCAXDTAwMDEwMTAwMDAwMFoYDzIx
            MjAwMTAxMDAwMDAwWjAXMRUwEwYDVQQDDAx3ZWFrLmV4YW1wbGUwgZ8wDQYJKoZI
            hvcNAQEBBQADgY0AMIGJAoGBALUtxVumZUfdO1A2QAg8nNkf5sflDXYjq3Dflkjd
            6s+nc8H8RSviI+NkLXexjDIOPM0v18vLJDzVRH+VYIMWyubVY2+ug2QKdbFQJ9b9
            nn9Qw7mUFS9wEGg0oTAHzVcGDUgCvPqSb3p54yrBJDoiIAdAYFPslKMA2q7c1HpK
            o9gDAgMBAAGjHjAcMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATANBgkqhkiG
            9w0BAQsFAAOBgQAeJdJD8Be4r01wNDkINBQFKHBS+zvZKKGfpZ0eaS+8Sp+Co9kS
            ZkQuOr82CiRtztLOVBs+V5fYdQpgmuBZGl2ZsP2bvGKQwGLKAGa5mQTuok+OuZ90
            36bbFrOMIwnAkfjvdWbs8fTzxthBPL5dO+Qlc4zUop7U5ieTdbfMrzw78Q==
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBALUtxVumZUfdO1A2
            QAg8nNkf5sflDXYjq3Dflkjd6s+nc8H8RSviI+NkLXexjDIOPM0v18vLJDzVRH+V
            YIMWyubVY2+ug2QKdbFQJ9b9nn9Qw7mUFS9wEGg0oTAHzVcGDUgCvPqSb3p54yrB
            JDoiIAdAYFPslKMA2q7c1HpKo9gDAgMBAAECgYEAmvOkYPf0kvvAqJ9dMC42rvO7
            uqZJVwq2q3ht3a/+DM7YD8Yjmp5ztxyMTlwI3R6UHaCXXPJF8cksJjmpKzQpHsY2
            RDvJg9eO/Yt7H33xKbddgD9MrcQPtIB3WIu6kaiPd2wMHDs5gPJzn8W+t/vI61yW
            ndTgWgLPhTUQ2e8CZqECQQDeu1UEbU0aWHFzG+3NTmse8+XgYGRtMsJVQiawQCgP
            YNeIghzQDBhcgrGavxgNNNpDzibXkVJmRRsBTEROzn3rAkEA0D2QaRNlhNUgPwEG
            6tTOwmGU/2tmY5rOh8LRwJ90paTGgqLRYC6oL++alft5KRfUfesgvlCNyGNIJX7X
            3pnQSQJBAM2NUR6uyJNhwAGdas8oac+9Aw8ZplTonVQVoqLR8qaOlxrSCUkvgGQP
            8VyAsu+tMSmWXV5gLQ1ZBV0jR377LlUCQGhCKocxOuaifh6NORVhrpMLoDmxX/YG
            j9jQ5Yt3SkOUl/7X3dQ2B+bYI6Fr4mF8mNriWeZvFk15x6leNF4yzGECQGLt0YH9
            PAfQJlLpgKTZaMSqKtIjRMH3SXEfX2zz0D+Nglok4rHy2hU8qWsKmFaYL4Hn+OZe
            SokT+1xaixpt31E=
            -----END PRIVATE KEY-----
            """)

    /// The certificate of `first` with its key under a passphrase.
    package static let encrypted = TestCertificate(
        certificate: first.certificate,
        key: """
            -----BEGIN ENCRYPTED PRIVATE KEY-----
            MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBCQwFaa3av81ViVrPb3
            mffBAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQNnmudDGbRh1VLMHS
            HevwrgSBkDdo+57mpi+vVGsU0XIxSs91YwFqq2I7YJwzmm4mL1ySUhVG6zClV+q0
            FOb8HUuf4C4fbmNZF965/FJge5gdwo2F0ZNpOw458/R6o49aD7CkGYZHRweEofne
            HCcTpUS7cPAnwlX6arDosSmhFwBc91t3YPi0hcRXBPprq/nUo21bllVeWS8rM8cD
            Sxw802zD+A==
            -----END ENCRYPTED PRIVATE KEY-----
            """)
}
