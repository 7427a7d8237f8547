import Glibc
import Linux
import Scenario

/// A fixed script that a shell runs on hosts over ssh, before there is any agent.
package struct HostScript: Sendable {
  /// Why a host has no output: for people.
  package struct Failure: Error, CustomStringConvertible {
    /// What happened, with ssh's own words.
    package var description: String
  }

  private let text: StaticString
  private let patience: Nanoseconds

  /// A script for sh(1).
  ///
  /// - Parameter text: the program's own: nothing in it comes from a file or a command line.
  package init(_ text: StaticString, patience: Nanoseconds) {
    self.text = text
    self.patience = patience
  }

  /// Runs it on all hosts at once: what each printed on stdout, in the order of the hosts.
  package func run(on hosts: [Fleet.Host], configuration: String?) throws(SystemError) -> [Result<
    String, Failure
  >] {
    let mailbox = try Mailbox<(index: Int, output: Result<String, Failure>)>()
    for (index, host) in hosts.enumerated() {
      try startThread(named: "ask \(host.name)") { mailbox.post((index, output(of: host, configuration))) }
    }
    var outputs: [Int: Result<String, Failure>] = [:]
    while outputs.count < hosts.count {
      mailbox.wait(nanoseconds: 1_000_000_000)
      for (index, output) in mailbox.take() { outputs[index] = output }
    }
    return hosts.indices.compactMap { outputs[$0] }
  }

  private func output(of host: Fleet.Host, _ configuration: String?) -> Result<String, Failure> {
    do throws(SystemError) {
      var input = try Descriptor.pipe()
      var output = try Descriptor.pipe()
      var errors = try Descriptor.pipe()
      let pid = try spawn(
        AgentCommand.arguments(for: host, configuration: configuration, .script, connectTimeout: 10),
        environment: AgentCommand.environment, input: input.read.number, output: output.write.number,
        errors: errors.write.number, newSession: true)
      input.read.close()
      output.write.close()
      errors.write.close()
      // A pipe holds more than the script; an ssh that has ended takes nothing, and its exit code says so.
      _ = write(input.write.number, text.utf8Start, text.utf8CodeUnitCount)
      input.write.close()
      let texts = try Self.readAll(output.read, errors.read, until: Clock.monotonic.now + patience.count)
      if !texts.isOver { kill(pid, SIGKILL) }
      let code = try reap(pid)
      if texts.isOver, code == 0 { return .success(String(decoding: texts.output, as: UTF8.self)) }
      let end =
        !texts.isOver
        ? "no end within \(patience)"
        : code == 255
          ? "no connection by ssh \(host.ssh); ssh -v \(host.ssh) shows each of its steps"
          : "sh ended there with \(code)"
      let said = visibleLines(texts.errors).suffix(5).joined(separator: "; ")
      return .failure(Failure(description: said.isEmpty ? end : "\(end); stderr: \(said)"))
    } catch {
      return .failure(Failure(description: "\(error)"))
    }
  }

  /// All that comes from two descriptors, at most 4 MiB each.
  private static func readAll(
    _ output: borrowing Descriptor, _ errors: borrowing Descriptor, until deadline: Int64
  ) throws(SystemError) -> (output: [UInt8], errors: [UInt8], isOver: Bool) {
    var texts: [[UInt8]] = [[], []]
    // poll(2) passes over negative numbers.
    var watched = [output.number, errors.number].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while watched.contains(where: { $0.fd >= 0 }) {
      let rest = (deadline - Clock.monotonic.now + 999_999) / 1_000_000
      if rest <= 0 { return (texts[0], texts[1], false) }
      try checked("poll", "ssh") { poll(&watched, 2, Int32(clamping: rest)) }
      for (index, part) in watched.enumerated() where part.fd >= 0 && part.revents != 0 {
        let bytes =
          try index == 0 ? output.read(upTo: 65536, from: "ssh") : errors.read(upTo: 65536, from: "ssh")
        if bytes.isEmpty { watched[index].fd = -1 }
        if texts[index].count < 4 << 20 { texts[index] += bytes }
      }
    }
    return (texts[0], texts[1], true)
  }
}
