import Glibc
import HostTesting
import Linux
import ProductTesting
import Testing
import ToolTesting

/// Commands that need root refuse other users.
@Suite(.enabled(if: getuid() == 0, "needs root: to become another user"))
struct PermissionTests {
  /// Runs a copy of the program as the user `nobody`, in a folder that this user may read.
  private func runAsNobody(
    _ arguments: (String) -> [String], files: [String: String] = [:]
  ) throws -> MurphyProgram.Outcome {
    try withTemporaryFolder { folder in
      chmod(folder, 0o755)
      try installProgram(TestProducts.murphy, at: "\(folder)/murphy")
      for (name, text) in files {
        try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)", mode: 0o644)
      }
      return try MurphyProgram.run(
        arguments(folder),
        by: ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"],
        program: "\(folder)/murphy")
    }
  }

  @Test("A plan in a network namespace needs root")
  func aNamespaceIsEnteredByRootAlone() throws {
    let outcome = try runAsNobody(
      { ["plan", "\($0)/scenario.yaml", "--fleet", "\($0)/fleet.yaml"] },
      files: [
        "fleet.yaml": """
        fleet: tdf
        netns: {path: /proc/self/ns/net}
        networks:
          external: {role: service, cidr: 10.77.2.0/24}
        hosts:
          falco: {ssh: root@falco.invalid, links: {external: eth0}}
        quorum: 1
        probes:
          website: {http: "http://10.77.2.101/", every: 1s}

        """,
        "scenario.yaml": """
        scenario: unplug
        title: One host loses every cable
        steady: {for: 10s, probes: [website]}
        timeline:
          - {at: 0s, fault: host.unplug, target: {host: falco}, for: 90s}
        recovery: {stable: 10s, no-progress: 5m, cap: 30m}

        """,
      ])
    #expect(outcome.code == 3, "\(outcome.errors)")
    #expect(outcome.output == "")
    #expect(outcome.errors.contains("/proc/self/ns/net"))
  }

  @Test("A lab needs root")
  func aLabIsRaisedByRootAlone() throws {
    let outcome = try runAsNobody({ _ in ["lab", "up", "--name", "nobodys"] })
    #expect(outcome.code != 0 && outcome.code != 70)
    #expect(outcome.output == "")
    #expect(outcome.errors.contains("root"))
  }

  @Test(
    "The timer of a schedule needs root or another folder",
    .enabled("systemd-analyze is missing") { TestTools.have(["/usr/bin/systemd-analyze"]) })
  func unitsAreWrittenByRootAlone() throws {
    let outcome = try runAsNobody(
      { ["schedule", "install", "--units", "/etc", "\($0)/schedule.yaml"] },
      files: [
        "schedule.yaml": """
        schedule: monthly
        scenario: unplug.yaml
        fleet: fleet.yaml
        every: month
        window: {from: "09:00", to: "12:00"}
        timezone: Europe/Vienna

        """
      ])
    #expect(outcome.code == 3 && outcome.output == "")
    #expect(outcome.errors.hasPrefix("open /etc/murphy-schedule-monthly.service.new: Permission denied"))
    #expect(outcome.errors.contains("--units"), "\(outcome.errors)")
  }

  @Test("Doctor names the checks that were not tried without root")
  func theDoctorSaysWhatWasNotTried() throws {
    let outcome = try runAsNobody({ _ in ["doctor", "--as", "host"] })
    #expect(outcome.code == 1)
    #expect(outcome.errors == "")
    #expect(outcome.output.contains("not tried: run as root"))
  }
}
