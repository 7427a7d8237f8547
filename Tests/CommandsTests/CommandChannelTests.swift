import Foundation
import Glibc
import HostTesting
import Linux
import Testing

/// The channel `command`: the built `murphy` runs real programs, which record what they got.
@Suite struct CommandChannelTests {
  /// Sends a test notice to the channel `pager` of a schedule.
  ///
  /// - Parameters:
  ///   - command: the channel's command.
  ///   - program: the text of `FOLDER/page`, which is executable.
  private func notify(
    _ command: String, program: String = "", timeout: String = "30s",
    _ body: (MurphyProgram.Outcome, _ folder: String) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let files = [
        "schedule.yaml": """
        schedule: paged
        scenario: unplug.yaml
        fleet: fleet.yaml
        every: month
        window: {from: "09:00", to: "12:00"}
        timezone: UTC
        notify:
          pager:
            command: >-
              \(command.replacing("FOLDER", with: folder))
            timeout: \(timeout)

        """, "unplug.yaml": StandInSSH.scenario, "fleet.yaml": StandInSSH.fleet,
      ]
      for (name, text) in files { try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)") }
      let text = "#!/bin/sh\n" + program.replacing("FOLDER", with: folder)
      try DurableFile.write(Array(text.utf8), to: "\(folder)/page", mode: 0o700)
      try body(try MurphyProgram.run(["schedule", "notify", "\(folder)/schedule.yaml"]), folder)
    }
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try DurableFile.read(path), as: UTF8.self)
  }

  @Test(
    "A program gets its arguments, the notice as one line of JSON on stdin, and the same in its environment")
  func input() throws {
    let program = """
      printf '%s\\n' "$#" "$@" > FOLDER/arguments
      env | grep '^MURPHY_' > FOLDER/variables
      exec cat > FOLDER/stdin

      """
    try notify("FOLDER/page --to 'the one on call'", program: program) { outcome, folder in
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output == "pager: sent: exit code 0\n")
      #expect(try text("\(folder)/arguments") == "2\n--to\nthe one on call\n")
      let input = try text("\(folder)/stdin")
      #expect(input.hasSuffix("}\n") && input.split(separator: "\n").count == 1, "\(input)")
      let notice = try JSONDecoder().decode([String: String].self, from: Data(input.utf8))
      #expect(notice["event"] == "test" && notice["schedule"] == "paged", "\(input)")
      #expect(notice["line"]?.hasPrefix("Test: unplug on tdf, schedule paged.") == true, "\(input)")
      let variables = try text("\(folder)/variables").split(separator: "\n").map(String.init)
      #expect(Set(variables) == Set(notice.map { "MURPHY_\($0.key.uppercased())=\($0.value)" }))
    }
  }

  @Test("A program that doesn't read its stdin has got the notice when it ends with exit code 0")
  func unreadInput() throws {
    try notify("exec true <&-") { outcome, _ in
      #expect(outcome.code == 0 && outcome.output == "pager: sent: exit code 0\n", "\(outcome)")
    }
  }

  @Test(
    "Another exit code, a signal and a missing program are failures, with the end of the output",
    arguments: [
      ("exit 7", "ended with exit code 7"),
      (
        "echo no such pager; echo call the desk >&2; exit 1",
        "ended with exit code 1; stderr: no such pager; call the desk"
      ),
      ("FOLDER/missing", "ended with exit code 127; stderr: "),
      ("kill -KILL $$", "ended with signal 9 (Killed)"),
    ])
  func failures(command: String, reason: String) throws {
    try notify(command) { outcome, _ in
      #expect(outcome.code == 3)
      #expect(
        outcome.output.hasPrefix("pager: not sent: ") && outcome.output.contains(reason),
        "\(outcome.output)")
    }
  }

  @Test("A program that exceeds its time limit is killed with the programs that it started")
  func timeLimit() throws {
    // Both processes hold the lock, whose file they have inherited.
    let program = """
      exec 9> FOLDER/held
      flock 9
      trap '' TERM HUP INT
      sleep 600 &
      touch FOLDER/started
      wait

      """
    try notify("FOLDER/page", program: program, timeout: "3s") { outcome, folder in
      #expect(outcome.code == 3)
      #expect(outcome.output.contains("no end within 3.0 seconds"), "\(outcome.output)")
      #expect(access("\(folder)/started", F_OK) == 0, "the program did not run")
      try eventually("no program has the lock") {
        guard let lock = try FileLock(existing: "\(folder)/held") else { return false }
        _ = consume lock
        return true
      }
    }
  }

  @Test("A program that writes without end is killed, long before its time limit")
  func endlessOutput() throws {
    try notify("exec yes", timeout: "120s") { outcome, _ in
      #expect(outcome.code == 3)
      #expect(outcome.output.contains("more than 1048576 bytes on stdout"), "\(outcome.output)")
    }
  }

  @Test("Of a long output the reason has the end, without control characters")
  func longOutput() throws {
    try notify("printf 'first\\n'; printf '%09999d' 0; printf '\\033[31mlast\\n'; exit 1") { outcome, _ in
      #expect(outcome.code == 3)
      #expect(outcome.output.hasSuffix("0000[31mlast\n"), "\(outcome.output)")
      #expect(!outcome.output.contains("stderr: first"))
      #expect(outcome.output.count < 500, "\(outcome.output)")
    }
  }
}
