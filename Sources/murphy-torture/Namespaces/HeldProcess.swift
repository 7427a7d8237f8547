import Conductor
import Glibc
import Linux

/// A process that another one, `murphy-torture trace`, holds at a moment of its life.
final class HeldProcess {
  private let tracer: Int32
  private let lines: Descriptor
  private let lifeline: Descriptor

  /// Begins to trace; returns once each of its threads is.
  init(
    _ process: ProcessIdentity, from: AgentTrace.Stretch, in stretch: AgentTrace.Stretch, skip: Int
  ) throws {
    let input = try Descriptor.pipe()
    var output = try Descriptor.pipe()
    tracer = try spawn(
      [
        try programPath(), "trace", "\(process.pid)", "--from", from.rawValue, "--in", stretch.rawValue,
        "--skip",
        "\(skip)",
      ], environment: [:], input: input.read.number, output: output.write.number, errors: 2)
    output.write.close()
    lifeline = Descriptor(owning: fcntl(input.write.number, F_DUPFD_CLOEXEC, 3))
    lines = Descriptor(owning: fcntl(output.read.number, F_DUPFD_CLOEXEC, 3))
    var first: [UInt8] = []
    while first.last != UInt8(ascii: "\n") {
      let part = try lines.read(upTo: 1, from: "tracer")
      if part.isEmpty { throw TortureFailed("\(process.pid) can't be traced") }
      first += part
    }
  }

  /// Readable once it is held, or has ended.
  var output: Int32 { lines.number }

  /// Waits until it is held: how many calls each stretch before was. Nil where it doesn't come to that, as where the
  /// other of agent and watchdog was faster.
  func wait() throws -> [(AgentTrace.Stretch, Int)]? {
    var text = ""
    while !text.contains("held") {
      var ready = pollfd(fd: lines.number, events: Int16(POLLIN), revents: 0)
      guard try checked("poll", "tracer", { poll(&ready, 1, Self.patience) }) == 1 else { return nil }
      let part = try lines.read(upTo: 4096, from: "tracer")
      if part.isEmpty { throw TortureFailed("it ended before it could be held: \(text)") }
      text += String(decoding: part, as: UTF8.self)
    }
    return text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 3, let stretch = AgentTrace.Stretch(rawValue: String(words[1])),
        let calls = Int(words[2])
      else { return nil }
      return (stretch, calls)
    }
  }

  /// In milliseconds: longer than a lease and its grace.
  private static let patience: Int32 = 5_000

  /// Lets it go on.
  func end() {
    kill(tracer, SIGKILL)
    _ = try? reap(tracer)
  }
}

/// How many system calls the stretches of each fault were seen to have.
final class StretchLengths {
  private var lengths: [String: Int] = [:]

  func note(_ subject: TortureCase.Subject, _ stretch: AgentTrace.Stretch, _ calls: Int) {
    lengths["\(subject) \(stretch)", default: 0] = max(lengths["\(subject) \(stretch)", default: 0], calls)
  }

  /// One of them, each as likely; where none is known yet, one near the beginning or the last.
  func choose(
    _ subject: TortureCase.Subject, _ stretch: AgentTrace.Stretch, using random: inout SeededGenerator
  ) -> Int {
    Int.random(in: 0...(lengths["\(subject) \(stretch)"] ?? 40), using: &random)
  }
}
