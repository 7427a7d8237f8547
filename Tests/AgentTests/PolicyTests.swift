import Agent
import Faults
import FoundationEssentials
import Glibc
import HostTesting
import Linux
import Scenario
import Testing

/// What a host allows: read strictly, since a mistake must never allow more.
struct PolicyTests {
  private func read(_ text: String) throws -> Policy {
    try withTemporaryFolder { folder in
      try DurableFile.write(Array(text.utf8), to: folder + "/agent.json")
      return try Policy.read(folder + "/agent.json")
    }
  }

  private func refusal(_ text: String) throws -> String {
    try #require(throws: PolicyRefused.self) { _ = try read(text) }.description
  }

  private static let good =
    #"{"faults": ["host.*", "vm.freeze"], "links": ["eth0"], "domains": ["web*"], "longest-lease": "10m"}"#

  @Test func aPolicyIsRead() throws {
    let policy = try read(Self.good)
    #expect(policy.faults == ["host.*", "vm.freeze"])
    #expect(policy.links == ["eth0"] && policy.domains == ["web*"])
    #expect(policy.longestLease == .seconds(600))
    #expect(try JSONDecoder().decode(Policy.self, from: JSONEncoder().encode(policy)) == policy)
  }

  @Test func everyMisspeltKeyIsRefused() throws {
    for key in ["faults", "links", "domains", "longest-lease"] {
      let text = Self.good.replacing("\"\(key)\"", with: "\"\(key)x\"")
      let refusal = try refusal(text)
      #expect(refusal.contains("unknown key '\(key)x'; known are domains, faults, links, longest-lease"))
      #expect(refusal.contains("/agent.json: "))
    }
    #expect(try refusal(Self.good.replacing("{", with: #"{"more": 1, "#)).contains("unknown key 'more'"))
  }

  @Test func everyKeyIsRequired() throws {
    for part in [
      #""faults": ["host.*", "vm.freeze"], "#, #""links": ["eth0"], "#, #""domains": ["web*"], "#,
      #", "longest-lease": "10m""#,
    ] {
      let text = Self.good.replacing(part, with: "")
      #expect(text != Self.good)
      _ = try refusal(text)
    }
    #expect(!(try refusal("{}")).isEmpty)
    #expect(!(try refusal("")).isEmpty)
    #expect(!(try refusal("[]")).isEmpty)
    #expect(!(try refusal(String(Self.good.dropLast()))).isEmpty)
  }

  @Test(arguments: ["\"10\"", "\"\"", "\"0s\"", "\"-1s\"", "\"1.5h\"", "600", "\"10 m\"", "null"])
  func spansOfTimeHaveTheirUnit(span: String) throws {
    _ = try refusal(Self.good.replacing("\"10m\"", with: span))
  }

  @Test(arguments: ["\"host.*\"", "null", "{}", "[1]"]) func listsAreLists(faults: String) throws {
    _ = try refusal(Self.good.replacing(#"["host.*", "vm.freeze"]"#, with: faults))
  }

  @Test func aHostWithoutAPolicyAllowsNothingAndSaysWhatToWrite() throws {
    let refusal = try #require(throws: PolicyRefused.self) { _ = try Policy.read("/no/such/agent.json") }
    #expect(refusal.description.hasPrefix("/no/such/agent.json: no such file: this host allows no fault"))
    // What it says to write is a policy.
    let advice = try #require(refusal.description.firstIndex(of: "{"))
    #expect(try read(String(refusal.description[advice...])).longestLease == .seconds(600))
  }

  /// A policy that others can edit, or put another in place of, is none.
  @Test(
    arguments: [
      (0o600, 0o700, true), (0o644, 0o755, true), (0o440, 0o550, true), (0o660, 0o755, false),
      (0o602, 0o755, false),
      (0o600, 0o775, false), (0o600, 0o1777, false),
    ] as [(mode_t, mode_t, Bool)])
  func othersMayNotWriteIt(file: mode_t, folder: mode_t, isTaken: Bool) throws {
    try withTemporaryFolder { path in
      try DurableFile.write(Array(Self.good.utf8), to: path + "/agent.json")
      chmod(path + "/agent.json", file)
      chmod(path, folder)
      defer { chmod(path, 0o700) }
      if isTaken {
        #expect(try Policy.read(path + "/agent.json").links == ["eth0"])
      } else {
        let refusal = try #require(throws: PolicyRefused.self) { _ = try Policy.read(path + "/agent.json") }
        #expect(
          refusal.description.contains(
            "others than root can change what this host allows; run chown root \(path)"))
      }
    }
  }

  @Test(.enabled(if: getuid() == 0, "needs root: to give a file away")) func itIsRoots() throws {
    try withTemporaryFolder { path in
      try DurableFile.write(Array(Self.good.utf8), to: path + "/agent.json")
      chown(path + "/agent.json", 65534, 0)
      let refusal = try #require(throws: PolicyRefused.self) { _ = try Policy.read(path + "/agent.json") }
      #expect(refusal.description.contains("/agent.json: of user 65534, mode 0600: others than root"))
    }
  }

  @Test func itIsAFile() throws {
    try withTemporaryFolder { path in
      #expect(throws: PolicyRefused.self) { _ = try Policy.read(path) }
      #expect(mkfifo(path + "/agent.json", 0o600) == 0)
      // One that nobody writes to must not hold the agent up.
      let refusal = try #require(throws: PolicyRefused.self) { _ = try Policy.read(path + "/agent.json") }
      #expect(refusal.description.contains("not a regular file"))
    }
  }

  @Test func refusalsNameAllThatIsNotAllowed() throws {
    let policy = try read(Self.good)
    #expect(
      policy.refusals(of: try order("host.unplug"), duration: .seconds(601)) == [
        "/etc/murphy/agent.json doesn't allow link eth1",
        "/etc/murphy/agent.json doesn't allow a lease of 601s (the longest is 10m)",
      ])
    #expect(
      policy.refusals(of: try order("link.drop"), duration: .seconds(600))
        == ["/etc/murphy/agent.json doesn't allow fault link.drop"])
    #expect(
      policy.refusals(of: try order("vm.freeze"), duration: .seconds(600))
        == ["/etc/murphy/agent.json doesn't allow domain guest"])
  }

  /// A star stands for any rest; nothing else is a pattern.
  @Test(arguments: [
    (["host.*"], true), (["host.unplug"], true), (["*"], true), (["link.drop", "host.u*"], true),
    ([], false), (["host"], false), (["host."], false), (["*.unplug"], false), (["Host.*"], false),
    (["host.unplug.*"], false), (["h?st.unplug"], false), (["host.unplug "], false), ([""], false),
  ])
  func patterns(faults: [String], isAllowed: Bool) throws {
    var policy = try read(#"{"faults": [], "links": ["*"], "domains": [], "longest-lease": "1h"}"#)
    policy.faults = faults
    #expect(policy.refusals(of: try order("host.unplug"), duration: .seconds(1)).isEmpty == isAllowed)
  }
}
