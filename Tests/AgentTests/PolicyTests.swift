import Agent
import AgentProtocol
import Faults
import FoundationEssentials
import Glibc
import HostTesting
import Linux
import NamespaceTesting
import Netlink
import Scenario
import Testing

/// A host's policy is read strictly, since a mistake must never allow more.
struct PolicyTests {
  private func read(_ text: String) throws -> Policy {
    try withTemporaryFolder { folder in
      try DurableFile.write(Array(text.utf8), to: folder + "/agent.json")
      return try Policy.read(folder + "/agent.json")
    }
  }

  private func refusal(_ text: String) throws -> [PolicyRefused.Finding] {
    try #require(throws: PolicyRefused.self) { _ = try read(text) }.findings
  }

  /// Expects one finding, whose text has this name.
  private func expect(
    _ found: [PolicyRefused.Finding], _ kind: PolicyRefused.Kind, line: Int?, naming name: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      found.map(\.kind) == [kind] && found.map(\.line) == [line], "\(found)", sourceLocation: sourceLocation)
    #expect(found.first?.text.contains(name) == true, "\(found)", sourceLocation: sourceLocation)
  }

  private static let good =
    #"{"faults": ["host.*", "vm.freeze"], "links": ["eth0"], "domains": ["web*"], "longest-lease": "10m"}"#

  @Test("A policy file is read")
  func aPolicyIsRead() throws {
    let policy = try read(Self.good)
    #expect(policy.faults == ["host.*", "vm.freeze"])
    #expect(policy.allowed == [.link: ["eth0"], .domain: ["web*"]])
    #expect(policy.longestLease == .seconds(600))
    #expect(policy.warnings == [])
  }

  @Test("The policy of the package is a valid one that allows no fault")
  func packagedPolicy() throws {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
      .joined(separator: "/")
    let file = "\(root)/Packaging/agent.json"
    let policy = try Policy(try DurableFile.read(file), file: file)
    #expect(policy.warnings == [] && policy.faults == [] && policy.damage == [])
    #expect(policy.allowed == [.link: [], .domain: []] && policy.commands == [] && policy.files == [])
  }

  @Test(
    "A command is allowed if the policy has its text, or its beginning followed by a *",
    arguments: [
      (["check_disk", "-w", "10%"], true), (["check_disk", "-w", "10%", "-c"], false),
      (["check_disk"], false),
      (["check_disk", "-w 10%"], false), (["check_load", "-w", "5"], true), (["check_load"], false),
      (["check_loads"], false), (["echo", "it's", "a b", ""], true), (["echo", "it's a b", ""], false),
      ([""], false),
    ])
  func commands(_ command: [String], _ isAllowed: Bool) throws {
    let policy = try read(
      Self.good.replacing(
        "{", with: #"{"commands": ["check_disk -w 10%", "check_load *", "echo 'it'\\''s' 'a b' ''"],"#))
    #expect(policy.warnings == [] && policy.allows(command: command) == isAllowed)
    #expect(try !read(Self.good).allows(command: command))
    #expect(try read(Self.good.replacing("{", with: #"{"commands": ["*"],"#)).allows(command: command))
  }

  @Test(
    "A file may be read if the policy has its path, or its beginning followed by a *",
    arguments: [
      ("/srv/vms/web.img", true), ("/srv/vms/web.img2", false), ("/bricks/vms/brick/web.img", true),
      ("/bricks/", false), ("/bricks/../etc/shadow", false), ("/bricks/./web.img", false),
      ("/bricks//web.img", false), ("srv/vms/web.img", false), ("", false),
    ])
  func files(_ path: String, _ isAllowed: Bool) throws {
    let policy = try read(Self.good.replacing("{", with: #"{"files": ["/srv/vms/web.img", "/bricks/*"],"#))
    #expect(policy.warnings == [] && policy.allows(file: path) == isAllowed)
    #expect(try !read(Self.good).allows(file: path))
  }

  @Test("A misspelt key 'commands' allows no command and is a warning")
  func misspeltCommands() throws {
    let policy = try read(Self.good.replacing("{", with: #"{"comands": ["*"],"#))
    #expect(!policy.allows(command: ["x"]) && policy.warnings.count == 1)
    #expect(policy.warnings.first?.contains("'commands'") == true)
  }

  @Test("A misspelt required key refuses the file, with its line and the nearest key")
  func misspeltKeys() throws {
    for key in ["faults", "links", "domains", "longest-lease"] {
      let text = Self.good.replacing("\"\(key)\"", with: "\n\"\(key)x\"")
      expect(try refusal(text), .unknownKey, line: 2, naming: "'\(key)'")
    }
    expect(
      try refusal(Self.good.replacing("longest-lease", with: "longest-leese")), .unknownKey, line: 1,
      naming: "'longest-lease'")
  }

  @Test(
    "An unknown key is a warning with its line, and doesn't change what is allowed",
    arguments: [
      #""units": ["nginx"]"#, #""units": ["nginx.service"]"#, #""paths": []"#, #""more": 1"#,
      #""note": "x""#,
      #""notify": true"#, #""nested": {"links": ["*"], "faults": [{"a": "\\\"}"}]}"#, #""coment": "x""#,
    ])
  func unknownKeys(member: String) throws {
    let policy = try read(Self.good.replacing("{", with: "{\n\n \(member),"))
    let plain = try read(Self.good)
    #expect(policy.faults == plain.faults && policy.allowed == plain.allowed)
    #expect(policy.warnings.count == 1, "\(policy.warnings)")
    let key = try #require(member.split(separator: "\"").first)
    #expect(policy.warnings.first?.contains("/agent.json:3: ") == true)
    #expect(policy.warnings.first?.contains("'\(key)'") == true)
    let freeze = try order("vm.freeze")
    #expect(
      policy.refusals(of: freeze, duration: .seconds(60))
        == plain.refusals(of: freeze, duration: .seconds(60)))
  }

  @Test("An unknown key that may restrict a kind of resource refuses the faults that touch that kind")
  func restrictionsOfAKind() throws {
    let wide = #"{"faults": ["*"], "links": ["*"], "domains": ["*"], "longest-lease": "10m"}"#
    let (unplug, freeze) = (try order("host.unplug"), try order("vm.freeze"))
    for (member, refused, allowed) in [
      (#""except-links": ["eth0"]"#, unplug, freeze), (#""link": ["eth1"]"#, unplug, freeze),
      (#""Links": ["eth1"]"#, unplug, freeze), (#""deniedDomains": []"#, freeze, unplug),
    ] {
      let policy = try read(wide.replacing("{", with: "{\(member), "))
      #expect(policy.warnings.count == 1)
      let denials = policy.refusals(of: refused, duration: .seconds(60))
      #expect(denials == policy.warnings.map(Policy.Denial.doubt), "\(denials)")
      #expect(policy.warnings[0].contains("/agent.json:1: "))
      #expect(policy.refusals(of: allowed, duration: .seconds(60)) == [])
    }
  }

  @Test(
    "An unknown key that may restrict any fault refuses the file",
    arguments: ["deny", "not", "fault", "denied-faults", "longest-leases", "protected", "Version"])
  func restrictions(key: String) throws {
    let refusal = try refusal(Self.good.replacing("{", with: #"{"\#(key)": ["eth0"], "#))
    expect(refusal, .unknownKey, line: 1, naming: "'\(key)'")
  }

  @Test("A version other than 1 refuses the file, and a comment may have any text")
  func versionAndComment() throws {
    let plain = try read(Self.good)
    for member in [#""version": 1"#, #""comment": "for ann""#, #""comment": ["for", "ann"]"#] {
      #expect(try read(Self.good.replacing("{", with: "{\(member), ")) == plain)
    }
    for version in ["2", "0", "\"1\"", "null"] {
      let refusal = try refusal(Self.good.replacing("{", with: "{\"version\": \(version), "))
      expect(refusal, .version, line: 1, naming: "/agent.json:1: ")
    }
  }

  @Test(
    "A duplicate key refuses the file, also if it is escaped differently",
    arguments: [#""links""#, #""l\u0069nks""#, #""faults""#, #""comment": "", "comment""#])
  func duplicates(key: String) throws {
    let refusal = try refusal(Self.good.replacing("{", with: "{\(key): [\"*\"],\n"))
    #expect(refusal.first?.kind == .duplicateKey, "\(refusal)")
  }

  @Test(
    "A policy that isn't UTF-8 is refused",
    arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf16])
  func otherEncodings(encoding: String.Encoding) throws {
    try withTemporaryFolder { folder in
      let bytes = try #require(Self.good.data(using: encoding))
      try DurableFile.write(Array(bytes), to: folder + "/agent.json")
      let refusal = try #require(throws: PolicyRefused.self) { _ = try Policy.read(folder + "/agent.json") }
      expect(refusal.findings, .syntax, line: 1, naming: "/agent.json:1: ")
    }
  }

  @Test(
    "A policy that isn't JSON is refused with the line of the mistake",
    // The last text is a part of what was found.
    arguments: [
      ("{\n\"faults\" = []}", 2, "'='"), ("{\n\"faults\": [],\n}", 3, "'}'"),
      ("{\"faults\": [\"*\"\n\"x\"]}", 2, "']'"), ("{\"faults\": []\n\"links\": []}", 2, "'}'"),
      ("{\"faults\": [\"*]\n}", 1, "'\"'"), ("{\"faults\": [\"\\x\"]}", 1, "escape"),
      ("{\"faults\": [eth0]}", 1, "'eth0'"), ("{\"faults\": 01}", 1, "'01'"), ("{\"faults\": -}", 1, "'-'"),
      ("{\"faults\": tru}", 1, "'tru'"), ("{\"faults\": }", 1, "'}'"), ("{'faults': []}", 1, "'''"),
      ("{} x", 1, "'}'"), ("[]", 1, "'['"), ("", 1, "'{'"), ("# x", 1, "'#'"),
      ("{\"a\": " + String(repeating: "[", count: 1 << 18), 1, "nested"),
      ("{\"a\": " + String(repeating: "{\"a\":", count: 1 << 17), 1, "nested"),
    ] as [(String, Int, String)])
  func malformed(text: String, line: Int, found: String) throws {
    expect(try refusal(text), .syntax, line: line, naming: found)
  }

  @Test("One refusal names every mistake in a policy with its line")
  func allAtOnce() throws {
    let all = try refusal("{\"links\": \"eth0\",\n\"domains\": [1],\n\"longest-lease\": 600}")
    for (kind, line, key) in [
      (.value, 1, "links"), (.value, 2, "domains"), (.value, 3, "longest-lease"),
      (.missingKey, nil, "faults"),
    ] as [(PolicyRefused.Kind, Int?, String)] {
      #expect(
        all.contains { $0.kind == kind && $0.line == line && $0.text.contains("'\(key)'") }, "\(key): \(all)")
    }
  }

  @Test("A pattern that can match no name is a warning")
  func namesThatCanNotMatch() throws {
    let policy = try read(
      Self.good.replacing("vm.freeze", with: "vm.freze").replacing("eth0", with: "eth*0"))
    #expect(policy.warnings.count == 2, "\(policy.warnings)")
    #expect(policy.warnings.contains { $0.contains("'vm.freze'") && $0.contains("'vm.freeze'") })
    #expect(policy.warnings.contains { $0.contains("links: ") && $0.contains("'eth*0'") })
  }

  @Test("A policy without one of its keys is refused")
  func everyKeyIsRequired() throws {
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

  @Test(
    "A longest lease that isn't a positive number with a unit is refused",
    arguments: ["\"10\"", "\"\"", "\"0s\"", "\"-1s\"", "\"1.5h\"", "600", "\"10 m\"", "null"])
  func spansOfTimeHaveTheirUnit(span: String) throws {
    _ = try refusal(Self.good.replacing("\"10m\"", with: span))
  }

  @Test("A value that isn't a list of texts is refused", arguments: ["\"host.*\"", "null", "{}", "[1]"])
  func listsAreLists(faults: String) throws {
    _ = try refusal(Self.good.replacing(#"["host.*", "vm.freeze"]"#, with: faults))
  }

  @Test("A host without a policy allows nothing, and the refusal shows a valid policy")
  func aHostWithoutAPolicyAllowsNothingAndSaysWhatToWrite() throws {
    let refusal = try #require(throws: PolicyRefused.self) { _ = try Policy.read("/no/such/agent.json") }
    #expect(refusal.findings.map(\.kind) == [.noFile])
    #expect(refusal.description.hasPrefix("/no/such/agent.json: "))
    // The suggested text is a valid policy.
    let advice = try #require(refusal.description.firstIndex(of: "{"))
    #expect(try read(String(refusal.description[advice...])).longestLease == .seconds(600))
  }

  @Test(
    "A policy that other users can edit or replace is refused",
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
        #expect(try Policy.read(path + "/agent.json").allowed[.link] == ["eth0"])
      } else {
        let refusal = try #require(throws: PolicyRefused.self) { _ = try Policy.read(path + "/agent.json") }
        #expect(refusal.findings.map(\.kind) == [.writableByOthers])
        #expect(refusal.description.contains("chown root \(path)"))
      }
    }
  }

  @Test(
    "A policy owned by another user is refused",
    .enabled(if: getuid() == 0, "needs root: to give a file away"))
  func ownedByRoot() throws {
    try withTemporaryFolder { path in
      try DurableFile.write(Array(Self.good.utf8), to: path + "/agent.json")
      chown(path + "/agent.json", 65534, 0)
      let refusal = try #require(throws: PolicyRefused.self) { _ = try Policy.read(path + "/agent.json") }
      #expect(refusal.findings.map(\.kind) == [.writableByOthers])
      #expect(refusal.description.contains("/agent.json: of user 65534, mode 0600"))
    }
  }

  @Test("A policy that is a folder or a pipe is refused without blocking")
  func aRegularFile() throws {
    try withTemporaryFolder { path in
      #expect(throws: PolicyRefused.self) { _ = try Policy.read(path) }
      #expect(mkfifo(path + "/agent.json", 0o600) == 0)
      // A pipe without a writer must not block the agent.
      let refusal = try #require(throws: PolicyRefused.self) { _ = try Policy.read(path + "/agent.json") }
      #expect(refusal.findings.map(\.kind) == [.notRegular])
    }
  }

  @Test("A refusal names each part that the policy doesn't allow")
  func refusalsNameAllThatIsNotAllowed() throws {
    let policy = try read(Self.good)
    #expect(
      policy.refusals(of: try order("host.unplug"), duration: .seconds(601)) == [
        .resource(.link, "eth1", alias: nil, isListed: true),
        .duration(.seconds(601), longest: .seconds(600)),
      ])
    #expect(
      policy.refusals(of: try order("link.drop"), duration: .seconds(600)) == [.fault("link.drop")])
    #expect(
      policy.refusals(of: try order("vm.freeze"), duration: .seconds(600))
        == [.resource(.domain, "guest", alias: nil, isListed: true)])
  }

  @Test(
    "A policy without the list of a kind refuses only the faults that touch that kind",
    arguments: Resource.Kind.allCases)
  func kindWithoutAList(kind: Resource.Kind) throws {
    let wide = #"{"faults": ["*"], "links": ["*"], "domains": ["*"], "longest-lease": "10m"}"#
    var policy = try read(wide)
    policy.allowed[kind] = nil
    for name in ["host.unplug", "link.drop", "vm.freeze"] {
      let order = try order(name)
      let touched = order.fault.footprint.names(of: kind)
      #expect(
        policy.refusals(of: order, duration: .seconds(1))
          == touched.map { Policy.Denial.resource(kind, $0, alias: nil, isListed: false) })
    }
  }

  @Test("A fault that leaves damage needs its name under damage, and its process under processes")
  func damage() throws {
    let kill = try #require(Catalogue.builtIn.cases.first { $0.variant.observed == .onProcess(.gone) })
    let order = try order(kill, hitting: "600")
    var policy = try read(
      #"{"faults": ["*"], "links": [], "domains": [], "processes": ["/usr/bin/sleep"], "longest-lease": "10m"}"#
    )
    let refusals = policy.refusals(of: order, duration: .seconds(10))
    #expect(refusals == [.damage("process.kill", undoing: order.fault.undoing)], "\(refusals)")
    policy.damage = ["process.*"]
    #expect(policy.refusals(of: order, duration: .seconds(10)) == [])
    policy.allowed[.process] = ["/usr/sbin/*"]
    #expect(
      policy.refusals(of: order, duration: .seconds(10))
        == [.resource(.process, "/usr/bin/sleep", alias: nil, isListed: true)])
    #expect(
      try read(
        #"{"faults": [], "links": [], "domains": [], "damage": ["process.kill"], "longest-lease": "1h"}"#
      ).damage == ["process.kill"])
  }

  @Test("Each kind of resource has its own key, and its list is read")
  func keysOfTheKinds() throws {
    let keys = Resource.Kind.allCases.map(\.policyKey)
    #expect(Set(keys).count == keys.count)
    let lists = keys.map { #""\#($0)": ["\#($0)-x"], "# }.joined()
    let policy = try read(#"{"faults": [], \#(lists)"longest-lease": "1h"}"#)
    for kind in Resource.Kind.allCases { #expect(policy.allowed[kind] == ["\(kind.policyKey)-x"]) }
    #expect(policy.warnings == [])
  }

  @Test(
    "A star at the end of a pattern matches any rest, and no other character is special",
    arguments: [
      (["host.*"], true), (["host.unplug"], true), (["*"], true), (["link.drop", "host.u*"], true),
      ([], false), (["host"], false), (["host."], false), (["*.unplug"], false), (["Host.*"], false),
      (["host.unplug.*"], false), (["h?st.unplug"], false), (["host.unplug "], false), ([""], false),
    ])
  func patterns(faults: [String], isAllowed: Bool) throws {
    var policy = try read(#"{"faults": [], "links": ["*"], "domains": [], "longest-lease": "1h"}"#)
    policy.faults = faults
    #expect(policy.refusals(of: try order("host.unplug"), duration: .seconds(1)).isEmpty == isAllowed)
  }

  @Test(
    "A policy allows a link by any of its names, but a pattern matches only its primary name",
    .enabled(if: getuid() == 0, "needs root: network namespaces"))
  func alternativeNames() async throws {
    let present = try await inNetworkNamespace {
      let network = try HostNetwork()
      try run("ip", "link", "property", "add", "dev", "eth0", "altname", "enp3s0")
      return try network.socket.links()
    }
    func refusals(_ allowed: String, _ link: String) throws -> [Policy.Denial] {
      var policy = try read(Self.good)
      policy.faults = ["*"]
      policy.allowed[.link] = [allowed]
      return policy.refusals(
        of: try order("link.drop", links: [link]), duration: .seconds(1), among: present)
    }
    for allowed in ["eth0", "enp3s0", "eth*", "*"] {
      for link in ["eth0", "enp3s0"] { #expect(try refusals(allowed, link) == []) }
    }
    for allowed in ["eth1", "enp*", "enp3s0*"] {
      #expect(
        try refusals(allowed, "enp3s0")
          == [.resource(.link, "eth0", alias: "enp3s0", isListed: true)])
      #expect(
        try refusals(allowed, "eth0") == [.resource(.link, "eth0", alias: nil, isListed: true)])
    }
    #expect(try refusals("absent0", "absent0") == [])
  }
}
