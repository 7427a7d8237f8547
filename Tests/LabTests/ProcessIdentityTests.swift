import FoundationEssentials
import Glibc
import Testing

@testable import Lab

@Suite struct ProcessIdentityTests {
  @Test func readsAStatWhoseCommandLooksLikeOne() throws {
    let line = "42 (a b) S (c) Z 1 42 42 0 -1 4194560 73 0 0 0 0 0 0 0 20 0 1 0 245588 2547712 301"
    let stat = try #require(ProcessStat(line))
    #expect(stat.state == "Z")
    #expect(stat.start == 245588)
    #expect(ProcessStat("42 (cut) S 1 2") == nil)
    #expect(ProcessStat("") == nil)
  }

  @Test func knowsAProcessFromAnotherWithTheSameId() throws {
    let text = try String(contentsOfFile: "/proc/self/stat", encoding: .utf8)
    let start = try #require(ProcessStat(text)).start
    #expect(ProcessIdentity(pid: getpid(), start: start).isAlive)
    let stranger = ProcessIdentity(pid: getpid(), start: start + 1)
    #expect(!stranger.isAlive)
    #expect(!stranger.kill())
  }

  @Test func readsWhoWasBorn() {
    let birth = Birth("32615 245588 4026532181")
    #expect(birth?.identity == ProcessIdentity(pid: 32615, start: 245588))
    #expect(birth?.networkNamespace == 4_026_532_181)
    #expect(Birth("32615 245588") == nil)
    #expect(Birth("x 1 2") == nil)
  }
}
