import Files
import Scenario
import Testing

@Suite struct JudgingViewFileTests {
  @Test("A view with an expression is read with its threshold, and conditions can name its objects")
  func prometheus() throws {
    let text = exampleFleet.replacingView(
      #"monitoring: {prometheus: "http://10.77.2.250:9090", query: "up{job='node'}", unwell: "< 1", every: 5s}"#
    )
    let fleet = try FleetFile.parse(text: text, file: "fleet.yaml").value
    #expect(
      fleet.view("monitoring")
        == .init(
          name: "monitoring",
          kind: ViewSpec(
            "prometheus",
            [
              "url": .string("http://10.77.2.250:9090"), "query": .string("up{job='node'}"),
              "unwell": .string("< 1"),
            ]), every: .seconds(5)))
    for (object, isRead) in [
      ("anything", true), ("host", true), ("dauntless", true), ("web", true), ("brick", false),
    ] {
      let scenario = exampleScenario.replacingOnce("hosts-down > 1", "monitoring sees \(object) down")
        .replacingOnce(
          "views: [storage, manager]", "views: [storage, manager, monitoring]")
      let read = try? ScenarioFile.parse(
        text: scenario, file: "s.yaml", fleet: fleet, catalogue: catalogue
      ).value
      #expect((read?.guards.first?.when == .sees(view: "monitoring", object: object, state: .down)) == isRead)
    }
  }
}

@Suite struct CommandViewFileTests {
  private func read(_ view: String) throws -> Fleet.View? {
    try FleetFile.parse(text: exampleFleet.replacingView("monitoring: \(view)"), file: "fleet.yaml").value
      .view("monitoring")
  }

  /// Expects a mistake whose message has a name or a value.
  private func expect(
    _ kind: Diagnostic.Kind, naming name: String, of view: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try refusal { _ = try read(view) }
    let isFound = found.contains { $0.kind == kind && $0.severity == .error && $0.message.contains(name) }
    #expect(isFound, "\(found)", sourceLocation: sourceLocation)
  }

  @Test("A guest view names the domain of a virtual machine of the fleet, and has no 'from'")
  func guest() throws {
    #expect(try read("{guest: web}")?.kind == ViewSpec("guest", ["domain": .string("web")]))
    try expect(.absent, naming: "'wev'", of: "{guest: wev}")
    try expect(.conflict, naming: "from", of: "{guest: web, from: every}")
    try expect(.value, naming: "guest: ", of: "{guest: -web}")
  }

  @Test("The statuses of http-json are one number or several, and no other kind has them")
  func statuses() throws {
    func view(_ statuses: String) -> String {
      "{http-json: \"http://10.77.2.101/health\", field: /status, statuses: \(statuses)}"
    }
    #expect(try read(view("503"))?.kind.numbers("statuses") == [503])
    #expect(try read(view("[200, 503]"))?.kind.numbers("statuses") == [200, 503])
    try expect(.value, naming: "99", of: view("[200, 99]"))
    try expect(.type, naming: "'OK'", of: view("OK"))
    try expect(.conflict, naming: "'statuses'", of: "{command: [check_disk], statuses: 200}")
  }

  @Test("A view with credentials has an https URL, and the absolute path of their file")
  func credentials() throws {
    let spec = ViewSpec(
      "proxmox", ["url": .string("https://a:8006"), "token": .string("/etc/t"), "ca": .string("/etc/c.pem")])
    #expect(
      try read(#"{proxmox: "https://a:8006", token: /etc/t, ca: /etc/c.pem}"#)
        == .init(name: "monitoring", kind: spec))
    for (view, kind, name) in [
      (#"{proxmox: "http://a:8006", token: /etc/t}"#, .value, "https://"),
      (#"{proxmox: "https://a:8006"}"#, .missing, "'token'"),
      (#"{proxmox: "https://a:8006", token: etc/t}"#, .value, "'etc/t'"),
      (#"{proxmox: "https://a:8006", token: /etc/t, from: any}"#, .conflict, "from"),
      (#"{pacemaker: {}, token: /etc/t}"#, .conflict, "'token'"),
      ("{ceph: {}, from: controller}", .conflict, "from"),
    ] as [(String, Diagnostic.Kind, String)] {
      try expect(kind, naming: name, of: view)
    }
  }

  @Test("A view's command is a list, and runs on the controller unless 'from' names a host")
  func command() throws {
    let spec = ViewSpec("command", ["command": .array([.string("check_disk"), .string("10%")])])
    #expect(try read("{command: [check_disk, 10%]}") == .init(name: "monitoring", kind: spec))
    #expect(try read("{command: [check_disk, 10%], from: every}")?.from == .everyHost)
    #expect(try read("{command: [check_disk, 10%], from: dauntless}")?.from == .host("dauntless"))
    #expect(try read("{command: [check_disk, 10%], timeout: 2s}")?.kind.text("timeout") == "2s")
    #expect(try read("{pacemaker: {}, from: any}")?.from == .anyHost)
  }

  @Test(
    "A view with a wrong vantage, host, command or time limit is refused",
    arguments: [
      ("{command: check_disk}", .type), ("{command: []}", .missing),
      ("{command: [x], from: falcoo}", .absent),
      ("{command: [bin/x]}", .value), ("{command: [x], timeout: 1m}", .value),
      ("{pacemaker: {}, from: controller}", .conflict),
      (#"{alertmanager: "http://a:9093", from: every}"#, .conflict),
      ("{pacemaker: {}, timeout: 1s}", .conflict),
    ] as [(String, Diagnostic.Kind)])
  func refused(_ view: String, _ kind: Diagnostic.Kind) throws {
    let found = try refusal { _ = try read(view) }
    #expect(found.filter { $0.severity == .error }.map(\.kind) == [kind], "\(found)")
  }
}

extension String {
  fileprivate func replacingOnce(_ part: String, _ other: String) -> String {
    guard let range = firstRange(of: part) else { return "" }
    return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
  }

  fileprivate func replacingView(_ line: String) -> String {
    replacingOnce(#"monitoring: {alertmanager: "http://10.77.2.250:9093"}"#, line)
  }
}
