import Glibc
import Journal
import Linux

extension HostState {
  /// QEMU processes that don't run: stopped, zombies, or with a thread that can't be killed.
  ///
  /// A process may be in one of these states for a moment, for example while it waits for its disk. Only a state that
  /// lasts a second is reported.
  static func hypervisorProcesses() throws -> [Line] {
    var suspects = try DurableFile.list("/proc").compactMap { Int32($0) }.flatMap(standingStill)
    for _ in 0..<10 where !suspects.isEmpty {
      usleep(100_000)
      suspects.removeAll { suspect in (try? suspect.thread.stateUntilReaped()) != suspect.state }
    }
    // A process is reported once, with the state of its worst thread.
    let processes = Dictionary(grouping: suspects, by: \.pid).compactMapValues { threads in
      threads.min { $0.gravity < $1.gravity }
    }
    return processes.values.sorted { $0.pid < $1.pid }.map(\.line)
  }

  /// The threads of a QEMU process that don't run now; empty if the process has ended or runs another program.
  private static func standingStill(_ pid: Int32) -> [Suspect] {
    guard let comm = try? DurableFile.read("/proc/\(pid)/comm") else { return [] }
    let name = String(decoding: comm.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    // `kvm` is the name of Debian's command.
    guard name.hasPrefix("qemu") || name == "kvm", let threads = try? DurableFile.list("/proc/\(pid)/task")
    else { return [] }
    return threads.compactMap { Int32($0) }.compactMap { thread in
      guard let identity = try? ProcessIdentity(pid: thread), let state = try? identity.stateUntilReaped(),
        Suspect.words[state] != nil
      else { return nil }
      return Suspect(pid: pid, name: name, thread: identity, state: state)
    }
  }

  private struct Suspect {
    let pid: Int32
    let name: String
    let thread: ProcessIdentity
    let state: Character

    /// See proc_pid_stat(5).
    static let words: [Character: String] = [
      "D": "has a thread that can't be killed (D)", "Z": "is dead and not gone (Z)",
      "X": "is dead and not gone (X)",
      "T": "is stopped (T)", "t": "is stopped by a debugger (t)",
    ]

    var gravity: Int { ["D", "Z", "X", "t", "T"].firstIndex(of: state) ?? 0 }

    var line: Line {
      let domain = self.domain
      let guest = domain.map { " of \($0)" } ?? ""
      return Line(
        .processes, of: domain.map { [$0] } ?? [],
        "process \(pid) (\(name))\(guest) \(Self.words[state] ?? "is in state \(state)")")
    }

    /// The domain for which libvirt started the process, from the argument of `-name`: `guest=web,debug-threads=on`. A
    /// zombie has no arguments.
    private var domain: String? {
      guard let bytes = try? DurableFile.read("/proc/\(pid)/cmdline") else { return nil }
      let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      guard let index = words.firstIndex(of: "-name"), index + 1 < words.count else { return nil }
      return words[index + 1].split(separator: ",").first { $0.hasPrefix("guest=") }
        .map { String($0.dropFirst("guest=".count)) }
    }
  }
}
