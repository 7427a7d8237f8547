import Linux
import FoundationEssentials
import Scenario

/// A lab's state on disk between two commands: `lab.json` in its state folder.
struct LabRecord: Codable, Equatable {
  var lab: String
  /// The name of its spec; nil in the record of an older version, which only had ``LabSpec/threeHosts``.
  var spec: String?
  /// The options of its spec; nil in the record of an older version, which had only built-in specs.
  var options: LabOptions?
  var phase: LabStatus.Phase
  /// The lab's PID 1.
  var platform: ProcessIdentity
  /// The inode of the lab's outer network namespace, as `stat -L /proc/PID/ns/net` shows it.
  var networkNamespace: UInt64

  var specName: String { spec ?? LabSpec.threeHosts.name }

  func has(_ spec: LabSpec) -> Bool {
    specName == spec.name && (options == nil || options == spec.options)
  }
}

extension LabRecord {
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    lab = try values.decode(String.self, forKey: .lab)
    spec = try values.decodeIfPresent(String.self, forKey: .spec)
    // Another version can have other options. The rest is needed to take its lab down.
    options = try? values.decodeIfPresent(LabOptions.self, forKey: .options)
    phase = try values.decode(LabStatus.Phase.self, forKey: .phase)
    platform = try values.decode(ProcessIdentity.self, forKey: .platform)
    networkNamespace = try values.decode(UInt64.self, forKey: .networkNamespace)
  }
}

extension Lab {
  /// The host's PID 1 if it is alive. The host itself records its pid, since its BMC can boot it too.
  func running(_ host: LabHost) -> ProcessIdentity? {
    ProcessIdentity(recordedIn: "\(folder(of: host))/init").flatMap { $0.isAlive ? $0 : nil }
  }

  /// The process of a service beside a host, if it is alive.
  func running(_ service: LabService, beside host: LabHost) -> ProcessIdentity? {
    ProcessIdentity(recordedIn: "\(folder(of: host))/\(service.part.rawValue)/init").flatMap {
      $0.isAlive ? $0 : nil
    }
  }

  private static func recordFile(state: String) -> String { "\(state)/lab.json" }

  /// The record on disk; nil if there is none, or if it can't be read.
  var record: LabRecord? { Lab.record(state: state) }

  static func record(state: String) -> LabRecord? {
    guard let data = FileManager.default.contents(atPath: recordFile(state: state)) else { return nil }
    return try? JSONDecoder().decode(LabRecord.self, from: data)
  }

  /// Replaces the record on disk atomically.
  func save(_ record: LabRecord) throws(LabError) {
    let file = Lab.recordFile(state: state)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try encoder.encode(record).write(to: URL(filePath: file), options: .atomic)
    } catch {
      throw .file(path: file, reason: "\(error)")
    }
  }

  /// The record of a lab whose process tree is alive.
  func aliveRecord() throws(LabError) -> LabRecord {
    guard let record, record.platform.isAlive else { throw .notRunning(lab: name) }
    return record
  }
}
