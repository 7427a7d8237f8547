import AgentProtocol
import Faults
import FoundationEssentials
import Journal
import Libvirt
import Linux
import Nftables

extension HostState {
  /// Reads the state of the host on which this process runs. Changes nothing.
  ///
  /// If a part can't be read, for example domains while libvirtd is down, the other parts are read anyway.
  ///
  /// - Throws: `SystemError` if the kernel's boot id can't be read.
  static func read(using instruments: Instruments) throws(SystemError) -> HostState {
    var state = HostState(boot: try Clock.bootIdentity(), lines: [])
    for part in Part.allCases {
      do {
        let lines =
          switch part {
          case .network: try network(using: try instruments.routes())
          case .firewall: try firewall(using: try instruments.nftables())
          case .domains: try domains(using: try instruments.hypervisor())
          case .processes: try hypervisorProcesses()
          case .mounts: try mounts()
          }
        state.lines += try condensed(lines)
      } catch {
        state.unread.append(Unread(part: part, reason: "\(error)"))
      }
    }
    return state
  }

  /// The whole ruleset. The order of a table's rules matters; the order of tables doesn't.
  private static func firewall(using nftables: NftablesContext) throws -> [Line] {
    let lines = try nftables.ruleset().map { line in
      // "table inet filter / chain input / …"
      let table = line.prefix(upTo: line.firstRange(of: " / ")?.lowerBound ?? line.endIndex)
      return Line(.firewall, of: [String(table.trimmingPrefix("table "))], "nft \(line)")
    }
    let tables = Dictionary(grouping: lines, by: \.objects)
    return tables.sorted { $0.key[0] < $1.key[0] }.flatMap(\.value)
  }

  /// Domains that exist and don't run. A host's list of running domains isn't part of its state, because the platform
  /// decides it.
  private static func domains(using hypervisor: Connection) throws -> [Line] {
    try hypervisor.domains(.active).compactMap { domain -> Line? in
      let state: DomainState
      do {
        state = try domain.state()
      } catch let error as LibvirtError where error.code == .noDomain {
        // The domain ended between the list and the query.
        return nil
      }
      switch state {
      case .paused, .crashed, .pmSuspended:
        return Line(.domains, of: [domain.name], "domain \(domain.name) \(state)")
      default: return nil
      }
    }
    .sorted { $0.text < $1.text }
  }

  /// Mounts with their access mode, except for the mounts of login sessions, to which Murphy's own belongs.
  private static func mounts() throws -> [Line] {
    let text = String(decoding: try DurableFile.read("/proc/self/mounts"), as: UTF8.self)
    return text.split(whereSeparator: \.isNewline).compactMap { line -> Line? in
      // Source, point, type, options: see fstab(5).
      let fields = line.split(separator: " ")
      guard fields.count > 3, !fields[1].hasPrefix("/run/user/") else { return nil }
      let isReadOnly = fields[3].split(separator: ",").contains("ro")
      return Line(
        .mounts, of: [String(fields[1])],
        "mount \(fields[1]) \(fields[2]) \(isReadOnly ? "ro" : "rw") from \(fields[0])")
    }
    .sorted { $0.text < $1.text }
  }

  /// The maximum size of a part's text in bytes: all parts together, as JSON, must fit into one line of the protocol.
  static let partLimit = RequestLine.lengthLimit / (Part.allCases.count * 2)

  /// The lines, unchanged if they are few. For a host with very many lines, such as large sets or routing tables, a
  /// checksum per object: a difference is then reported per object instead of per line.
  static func condensed(_ lines: [Line]) throws -> [Line] {
    func size(_ lines: [Line]) -> Int {
      lines.reduce(0) { size, line in
        size + 100 + line.text.utf8.count + (line.sequence?.utf8.count ?? 0)
          + line.objects.reduce(0) { $0 + $1.utf8.count + 4 }
      }
    }
    if size(lines) <= partLimit { return lines }
    let groups = Dictionary(grouping: lines, by: \.objects).sorted {
      $0.key.lexicographicallyPrecedes($1.key)
    }
    let condensed = groups.flatMap { objects, lines -> [Line] in
      if lines.count < 20 { return lines }
      // FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for line in lines {
        for byte in line.text.utf8 + [0] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      }
      let sum = String(hash, radix: 16)
      let what = objects.first.map { "of \($0)" } ?? "of nothing"
      return [Line(lines[0].part, of: objects, "\(lines.count) lines \(what), checksum \(sum)")]
    }
    if size(condensed) <= partLimit { return condensed }
    throw StateTooLong(lines: lines.count)
  }
}

/// A part of a host's state is too long for one line of the protocol.
struct StateTooLong: Error, CustomStringConvertible {
  var lines: Int
  var description: String { "\(lines) lines are too many to be compared" }
}
