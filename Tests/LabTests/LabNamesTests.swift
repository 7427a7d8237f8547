import Testing

@testable import Lab

@Suite struct LabNamesTests {
  @Test(arguments: ["lab", "a", "a-1", "0x"])
  func takesPlainNames(name: String) {
    #expect(Lab.isValid(name: name))
  }

  @Test(arguments: [
    "", "A", "-a", "a-", "a b", "a/b", "..", "a;b", "$(x)", "é", String(repeating: "a", count: 33),
  ])
  func refusesNamesThatMeanSomethingElsewhere(name: String) {
    #expect(throws: LabError.invalidName(name)) { try Lab(name: name, agent: "/bin/true") }
  }

  @Test(arguments: ["labs", "/a b", "/a,b", "/a:b", "/a/../b", "/a\"b", "/a\nb"])
  func refusesFoldersThatMountOptionsOrFilesWouldMisread(path: String) {
    #expect(throws: LabError.invalidPath(path)) { try Lab(stateRoot: path, agent: "/bin/true") }
    #expect(throws: LabError.invalidPath(path)) { try Lab(cacheRoot: path, agent: "/bin/true") }
  }

  @Test func refusesAHostThatNoLabHas() async throws {
    let lab = try Lab(name: "none", stateRoot: "/nonexistent", agent: "/bin/true")
    await #expect(
      throws: LabError.unknownHost("enterprise; reboot", known: ["dauntless", "excelsior", "falco"])
    ) {
      try await lab.exec(host: "enterprise; reboot", argv: ["true"])
    }
    await #expect(throws: LabError.notRunning(lab: "none")) {
      try await lab.exec(host: "falco", argv: ["true"])
    }
  }

  @Test func takesTheAppendServiceBesideTheAgent() throws {
    #expect(try Lab(agent: "/opt/murphy/murphy-agent").append == "/opt/murphy/GuestAppend")
  }
}
