import AgentProtocol
import Digest
import Linux
import Scenario

/// The copy of an agent's program to hosts over ssh. It changes one file there, and only if the copy starts.
package struct AgentDeployment: Sendable {
  /// What a deployment does on a host.
  package enum Step: Equatable, Sendable {
    /// The host has this agent.
    case keep(HostAgent)
    /// nil if the host has no agent.
    case copy(insteadOf: HostAgent?)
    /// Nothing, for this reason.
    case refuse(String)
  }

  /// Where a host without an agent gets it, in the PATH that sshd and sudo set; see `replace`.
  package static let place = "/usr/local/bin/murphy-agent"

  private let program: [UInt8]
  private let digest: String
  /// Whether an agent that is newer than this one is replaced.
  private let replacesNewer: Bool

  /// - Parameter program: the file of an agent with this program's version.
  package init(_ program: [UInt8], replacesNewer: Bool) {
    self.program = program
    self.replacesNewer = replacesNewer
    digest = SHA256.hex(of: program)
  }

  /// Queries the hosts, and changes nothing there. Returns a step for each host, in the order of the hosts.
  package func steps(on hosts: [Fleet.Host], configuration: String?) throws(SystemError) -> [Result<
    Step, HostScript.Failure
  >] {
    try HostScript([Self.find, Self.report], patience: .seconds(30))
      .run(on: hosts, configuration: configuration).map { $0.map { step(for: HostAgent($0)) } }
  }

  /// Copies the agent to hosts, and queries afterwards which agent they start. Returns the failures, in the order of the
  /// hosts; nil for a host that has the agent now.
  package func copy(to hosts: [Fleet.Host], configuration: String?) throws(SystemError) -> [HostScript
    .Failure?]
  {
    let copied = try HostScript(
      asRoot: [Self.find, Self.replace], input: Array("\(digest)\n".utf8) + program,
      patience: .seconds(600)
    ).run(on: hosts, configuration: configuration)
    let found = try steps(on: hosts, configuration: configuration)
    return zip(copied, found).map { copied, found -> HostScript.Failure? in
      switch (copied, found) {
      case (.failure(let failure), _), (.success, .failure(let failure)): failure
      case (.success, .success(.keep)): nil
      case (.success(let place), .success(.copy(let other))):
        HostScript.Failure(
          description: "it was copied to \(visibleLines(Array(place.utf8)).last ?? Self.place), but "
            + (other.map { "\($0.path) is started: remove that file" } ?? "root's PATH lacks this folder"))
      case (.success, .success(.refuse(let reason))): HostScript.Failure(description: reason)
      }
    }
  }

  /// What is done on a host with this agent.
  func step(for found: HostAgent?) -> Step {
    guard let found else { return .copy(insteadOf: nil) }
    if found.digest == digest { return .keep(found) }
    if let owner = found.owner {
      return .refuse(
        "\(found) belongs to the package \(owner): install its version \(Greeting.current.version) there")
    }
    if !replacesNewer, found.isNewer(than: Greeting.current.version) {
      return .refuse(
        "\(found) is newer than this controller's, \(Greeting.current.version): a newer controller may need it. "
          + "--downgrade replaces it")
    }
    return .copy(insteadOf: found)
  }

  // MARK: Scripts

  /// Sets `place` to the agent in root's PATH; empty if there is none. For root, sshd's PATH applies, for other users
  /// sudo's, which is Debian's here.
  private static let find: StaticString = """
    [ "$(id -u)" = 0 ] || PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    place=$(command -v murphy-agent || true)

    """

  /// Prints the fields of `HostAgent`.
  private static let report: StaticString = """
    [ -n "$place" ] || exit 0
    echo "@murphy path $place"
    echo "@murphy package $(dpkg-query --search "$place" 2> /dev/null | cut -d : -f 1)"
    echo "@murphy version $("$place" --version 2> /dev/null < /dev/null)"
    echo "@murphy digest $(sha256sum < "$place" | cut -c 1-64)"

    """

  /// Reads a digest and the agent. A lease needs the agent that wrote it, so nothing is replaced while there is one. The
  /// copy replaces the old file in one step (rename(2)), so that the next session starts
  /// either the old file or the new one.
  private static let replace: StaticString = """
    set -eu
    umask 022
    refuse() {
      rm -f "$place.new"
      echo "nothing was replaced: $1" >&2
      exit 1
    }
    [ -n "$place" ] || place=/usr/local/bin/murphy-agent
    trap 'rm -f "$place.new"' EXIT
    trap 'exit 1' HUP INT PIPE TERM
    for lease in /var/lib/murphy/leases/*.lease; do
      [ ! -e "$lease" ] || refuse "$lease exists: wait for the end of its run, or run murphy recover"
    done
    read -r digest
    cat > "$place.new"
    [ "$(sha256sum < "$place.new" | cut -c 1-64)" = "$digest" ] || refuse 'the copy is incomplete'
    chmod 755 "$place.new"
    "$place.new" --version > /dev/null < /dev/null || refuse 'the copy does not start there'
    sync "$place.new"
    mv -f "$place.new" "$place"
    echo "$place"
    """
}

/// The agent that a host would start.
package struct HostAgent: Equatable, Sendable {
  package var path: String
  /// The package that the file belongs to; nil if there is none.
  package var owner: String?
  /// nil if it doesn't start there.
  package var version: String?
  var digest: String

  init(path: String, owner: String? = nil, version: String?, digest: String) {
    self.path = path
    self.owner = owner
    self.version = version
    self.digest = digest
  }

  /// Reads the fields in a host's output, which may have other lines; nil if there is no agent.
  init?(_ output: String) {
    var fields: [Substring: String] = [:]
    for line in output.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      guard words.count == 3, words[0] == "@murphy", !words[2].isEmpty else { continue }
      fields[words[1]] = visibleText(words[2].utf8)
    }
    guard let path = fields["path"] else { return nil }
    self.init(
      path: path, owner: fields["package"], version: fields["version"], digest: fields["digest"] ?? "")
  }

  /// Whether its version, as numbers between dots, is a later one. A version of another form isn't.
  func isNewer(than other: String) -> Bool {
    func numbers(_ version: String) -> [Int]? {
      let parts = version.split(separator: ".", omittingEmptySubsequences: false)
      let numbers = parts.compactMap { Int($0) }
      return numbers.count == parts.count ? numbers : nil
    }
    guard let own = version.flatMap(numbers), let others = numbers(other) else { return false }
    return others.lexicographicallyPrecedes(own)
  }
}

extension HostAgent: CustomStringConvertible {
  /// `version 0.2.0 in /usr/local/bin/murphy-agent`.
  package var description: String {
    (version.map { "version \($0)" } ?? "an agent that doesn't start") + " in \(path)"
  }
}
