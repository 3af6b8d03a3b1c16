import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// The program among others in a shell.
    @Suite struct PipeTests {
        @Test func a_tail_ends_with_its_reader_though_no_more_events_come() async throws {
            let shop = try ShopUnderTest(layout: .together)
            _ = try await shop.withOrders(1) { $0 }
            let words = (["events", "tail", "--since", "begin", "--format", "json"] + shop.here).joined(separator: " ")
            let begin = ContinuousClock.now
            let result = try await CommandResult.run(
                URL(filePath: "/bin/sh"),
                ["-c", "timeout 60 \(ShopUnderTest.program.path()) \(words) | head -n 1"])
            #expect(result.status == 0)
            #expect(result.output.contains("\"specversion\""), "\(result.output)")
            #expect(ContinuousClock.now - begin < .seconds(30))
        }

        @Test(arguments: ["completion bash", "manual", "event-storming", "--help", "seed --help", "config reference"])
        func output_that_cannot_be_written_is_an_error(command: String) async throws {
            let program = ShopUnderTest.program.path()
            for place in [">/dev/full", ">&-"] {
                let result = try await CommandResult.run(
                    URL(filePath: "/bin/sh"), ["-c", "timeout 60 \(program) \(command) 2>&1 \(place)"])
                #expect(result.status == 1, "\(command) \(place)")
                #expect(result.output.contains("sambal: a part of the output could not be written"), "\(result.output)")
            }
        }

        @Test func a_tail_whose_output_takes_nothing_ends() async throws {
            let shop = try ShopUnderTest(layout: .together)
            _ = try await shop.withOrders(1) { $0 }
            let words = (["events", "tail", "--since", "begin"] + shop.here).joined(separator: " ")
            let result = try await CommandResult.run(
                URL(filePath: "/bin/sh"),
                ["-c", "timeout 60 \(ShopUnderTest.program.path()) \(words) 2>&1 >/dev/full"])
            #expect(result.status == 1 && result.output.contains("No space left on device"), "\(result.output)")
        }
    }
}
