import ArgumentParser
import FoundationEssentials
import Glibc
import Linux
import Schedule

extension ScheduleCommand {
  struct Install: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes the systemd timer that calls run-due, or prints cron's line.",
      discussion: """
        The units are verified by systemd-analyze before they are written, and replace those of an earlier call. Without \
        systemd on this host it prints a line for /etc/cron.d, and writes nothing.
        """)
    @OptionGroup var target: Target
    @Option(help: "The folder of the units. Default: /etc/systemd/system, if systemd runs this host.")
    var units: String?

    func validate() throws { try refuseEmpty(["--units": units]) }

    func run() throws {
      let schedule = try target.read()
      let program: String
      do throws(SystemError) {
        program = try programPath()
      } catch {
        throw Stop(.refused, "\(error)")
      }
      guard let pointer = realpath(target.schedule, nil) else {
        throw Stop(.badInput, "\(SystemError("realpath", target.schedule, errno: errno))")
      }
      defer { free(pointer) }
      let timer = ScheduleTimer(name: schedule.name, program: program, file: String(cString: pointer))
      let hasSystemd = access("/run/systemd/system", F_OK) == 0
      guard let folder = units ?? (hasSystemd ? "/etc/systemd/system" : nil) else {
        printToStandardError(
          "no systemd on this host: write this line to /etc/cron.d/\(timer.unit), and nothing else is needed")
        print(timer.cronLine)
        return
      }
      try Self.verify(timer)
      for (name, text) in timer.units {
        do throws(SystemError) {
          try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)", mode: 0o644)
        } catch {
          throw Stop(
            .refused,
            "\(error); run this command as root, or give a folder that this user can write with --units")
        }
        print("\(folder)/\(name)")
      }
      printToStandardError(
        "to start it: systemctl daemon-reload && systemctl enable --now \(timer.unit).timer")
    }

    /// Refuses units that systemd would not accept as they are meant.
    private static func verify(_ timer: ScheduleTimer) throws {
      var template = Array("/tmp/murphy-units-XXXXXX".utf8CString)
      guard mkdtemp(&template) != nil else {
        throw Stop(.refused, "\(SystemError("mkdtemp", "/tmp", errno: errno))")
      }
      let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      do {
        var paths: [String] = []
        for (name, text) in timer.units {
          try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)")
          paths.append("\(folder)/\(name)")
        }
        let outcome = try ChildProcess.run(
          ["systemd-analyze", "verify"] + paths, errors: .output, within: .seconds(60))
        if outcome.end.isSuccess, outcome.output.isEmpty { return }
        throw Stop(
          .refused, "systemd-analyze verify refuses the units: \(outcome.end)\n\(outcome.outputText)")
      } catch let stop as Stop {
        throw stop
      } catch {
        throw Stop(.refused, "the units can't be verified, and nothing was written: \(error)")
      }
    }
  }
}

/// What calls `murphy schedule run-due` every five minutes.
struct ScheduleTimer {
  var name: String
  /// Absolute paths.
  var program: String
  var file: String

  var unit: String { "murphy-schedule-\(name)" }

  var units: [(name: String, text: String)] {
    [
      (
        "\(unit).service",
        """
        [Unit]
        Description=Makes the run of Murphy's schedule \(name) if it is due, or records why not

        [Service]
        Type=oneshot
        ExecStart=\(Self.quotedForSystemd(program)) schedule run-due \(Self.quotedForSystemd(file))
        # A run takes as long as its trials. When it is stopped, it first reverts its faults.
        TimeoutStartSec=infinity
        TimeoutStopSec=10min

        """
      ),
      (
        "\(unit).timer",
        """
        [Unit]
        Description=Calls Murphy's schedule \(name) every five minutes

        [Timer]
        OnCalendar=*:0/\(Schedule.tick / 60)
        AccuracySec=1s
        # Murphy decides what happens to a start that was missed. A boot must not cause a run.
        Persistent=no

        [Install]
        WantedBy=timers.target

        """
      ),
    ]
  }

  /// For a file in /etc/cron.d; see crontab(5).
  var cronLine: String {
    let command = [program, "schedule", "run-due", file].map(Self.quotedForShell).joined(separator: " ")
    return "*/\(Schedule.tick / 60) * * * * root \(command.replacing("%", with: "\\%"))"
  }

  /// See "Quoting", "Specifiers" and "Command lines" in systemd.service(5) and systemd.unit(5).
  static func quotedForSystemd(_ text: String) -> String {
    var quoted = ""
    for character in text {
      switch character {
      case "\\", "\"": quoted += "\\\(character)"
      case "%", "$": quoted += "\(character)\(character)"
      default: quoted.append(character)
      }
    }
    return "\"\(quoted)\""
  }

  static func quotedForShell(_ text: String) -> String {
    let plain = "/._-+:,@".utf8
    let isPlain = text.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || plain.contains($0)
    }
    return isPlain ? text : "'\(text.replacing("'", with: "'\\''"))'"
  }
}
