import ArgumentParser
import Files
import FoundationEssentials
import Glibc
import Lab
import Linux

struct LabCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab", abstract: "The rehearsal lab: real hosts on one machine.",
    subcommands: [Up.self, Down.self, Status.self, Exec.self, Power.self, Specs.self])

  struct Name: ParsableArguments {
    @Option(help: "The lab's name; several labs can run at the same time.") var name: String = "lab"

    /// - Parameter spec: nil means that of the existing lab of this name.
    func lab(spec: LabSpec? = nil) throws -> Lab {
      do throws(LabError) {
        return try Lab(name: name, spec: spec, agent: Self.agent(), append: Self.append())
      } catch {
        throw error.stop
      }
    }

    /// The agent that was built together with this program.
    private static func agent() -> String {
      let program = (try? programPath()) ?? "murphy"
      return (program.lastIndex(of: "/").map { program[...$0] } ?? "") + "murphy-agent"
    }

    /// The append service of the package, which has no place among the commands; nil means the one beside the agent.
    private static func append() -> String? {
      isInstalledByPackage ? "/usr/lib/murphy/GuestAppend" : nil
    }
  }

  struct Up: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Starts a lab, and waits until every part works.")
    @OptionGroup var name: Name
    @Option(
      help:
        "The lab's spec: a name that 'murphy lab specs' lists, or a file with its options (*.yaml, or a path with '/')."
    )
    var spec: String?

    func run() throws {
      let lab = try name.lab(spec: spec.map(Self.spec))
      try blocking { () async throws(LabError) in
        try await lab.up { progress in printToStandardError(progress.description) }
      }
      print(lab.fleetFile)
    }

    /// The spec of a name, or of a file.
    private static func spec(_ text: String) throws -> LabSpec {
      guard text.contains("/") || text.hasSuffix(".yaml") || text.hasSuffix(".yml") else {
        do throws(LabError) { return try .named(text) } catch { throw error.stop }
      }
      do throws(FileRefused) {
        let parsed = try LabFile.read(path: text)
        for warning in parsed.diagnostics { printToStandardError(warning.description) }
        return LabSpec(parsed.value)
      } catch {
        throw Stop(.badInput, error.description)
      }
    }
  }

  struct Down: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Ends a lab and removes everything of it.")
    @OptionGroup var name: Name

    func run() throws {
      // This needs no spec, so that a lab whose spec this version doesn't have can also be removed.
      let lab = try name.lab(spec: .threeHosts)
      let removed = try blocking { () async throws(LabError) in try await lab.down() }
      for line in removed { print("removed \(line)") }
      if removed.isEmpty { print("lab \(lab.name): nothing to remove") }
    }
  }

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows the state of every part of a lab.",
      discussion: "Exit codes: 0 every part works; 1 a part doesn't, or the lab is down; 2 bad input.")
    @OptionGroup var name: Name
    @Flag(help: "Prints JSON.") var json = false

    func run() throws {
      let lab = try name.lab()
      let status = try blocking { () async throws(LabError) in await lab.status() }
      if json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        print(String(decoding: try encoder.encode(status), as: UTF8.self))
      } else {
        print(status.description)
      }
      if !status.isHealthy { throw Stop(.missed) }
    }
  }

  struct Exec: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Runs a command on a lab's host.",
      discussion: "Exit code: that of the command; 3 if the lab is not running.")
    @OptionGroup var name: Name
    @Argument(help: "The host.") var host: String
    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.") var command: [String]

    private var words: [String] { command.first == "--" ? Array(command.dropFirst()) : command }

    func validate() throws {
      if words.isEmpty { throw ValidationError("no command: murphy lab exec HOST COMMAND …") }
    }

    func run() throws {
      let lab = try name.lab()
      let argv = words
      let code = try blocking { () async throws(LabError) in try await lab.exec(host: host, argv: argv) }
      throw ExitCode(code)
    }
  }
}

extension LabCommand {
  struct Power: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Cuts a host's power, shuts it down, or boots it.")

    enum Act: String, CaseIterable, ExpressibleByArgument {
      case on, off, shutdown
    }

    @OptionGroup var name: Name
    @Option(help: "The host.") var host: String
    @Argument(
      help: "on boots it and waits until every part answers; off cuts its power; shutdown signals its init.")
    var act: Act
    @Flag(
      name: .customLong("with-bmc"), help: "With off: also cuts the power of its BMC. 'on' restores both.")
    var withBMC = false

    func validate() throws {
      if withBMC, act != .off { throw ValidationError("--with-bmc is valid only with off") }
    }

    func run() throws {
      let lab = try name.lab()
      try blocking { () async throws(LabError) in
        switch act {
        case .on: try await lab.boot(host: host) { progress in printToStandardError(progress.description) }
        case .off: try await lab.cutPower(host: host, withBMC: withBMC)
        case .shutdown: try await lab.shutDown(host: host)
        }
      }
    }
  }

  struct Specs: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the built-in specs of labs.")

    func run() throws {
      for spec in LabSpec.all { print(spec.description) }
    }
  }
}

extension LabError {
  var stop: Stop {
    switch self {
    case .invalidName, .invalidPath, .unknownSpec: Stop(.badInput, description)
    default: Stop(.refused, description)
    }
  }
}

/// Waits on this thread for async work: commands are synchronous.
func blocking<Value: Sendable>(
  _ work: @escaping @Sendable () async throws(LabError) -> Value
) throws -> Value {
  let result = Waiting<Value>()
  Task {
    do throws(LabError) {
      result.end(.success(try await work()))
    } catch {
      result.end(.failure(error))
    }
  }
  switch result.wait() {
  case .success(let value): return value
  case .failure(let error): throw error.stop
  }
}
