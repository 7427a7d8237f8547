import Testing

@testable import Lab

@Suite struct LabNamesTests {
  @Test("A lab accepts plain names", arguments: ["lab", "a", "a-1", "0x"])
  func takesPlainNames(name: String) {
    #expect(Lab.isValid(name: name))
  }

  @Test(
    "A name with characters that a shell, a path or a link name could misread is refused",
    arguments: [
      "", "A", "-a", "a-", "a b", "a/b", "..", "a;b", "$(x)", "é", String(repeating: "a", count: 33),
    ])
  func refusesNamesThatMeanSomethingElsewhere(name: String) {
    #expect(throws: LabError.invalidName(name)) { try Lab(name: name, agent: "/bin/true") }
  }

  @Test(
    "A folder whose name mount options could misread is refused",
    arguments: ["labs", "/a b", "/a,b", "/a:b", "/a/../b", "/a\"b", "/a\nb"])
  func refusesFoldersThatMountOptionsOrFilesWouldMisread(path: String) {
    #expect(throws: LabError.invalidPath(path)) { try Lab(stateRoot: path, agent: "/bin/true") }
    #expect(throws: LabError.invalidPath(path)) { try Lab(cacheRoot: path, agent: "/bin/true") }
  }

  @Test("A command on an unknown host is refused")
  func refusesAHostThatNoLabHas() async throws {
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

  @Test("The lab uses the append service beside the agent")
  func takesTheAppendServiceBesideTheAgent() throws {
    #expect(try Lab(agent: "/opt/murphy/murphy-agent").append == "/opt/murphy/GuestAppend")
  }
}
