import Scenario

extension Fleet.Probe {
  /// The places in which the records behind an append probe are read: the service, the mounts, then the replicas.
  package var recordPlaces: [RecordsRead.Place] {
    guard kind == .append else { return [] }
    return [.service] + places("mounts", .mount) + places("replicas", .replica)
  }

  private func places(_ key: String, _ kind: RecordsRead.Place.Kind) -> [RecordsRead.Place] {
    guard case .array(let items)? = options[key] else { return [] }
    return items.compactMap { item in
      guard case .object(let members) = item, case .string(let host)? = members["host"],
        case .string(let path)? = members["path"]
      else { return nil }
      return RecordsRead.Place(kind, host: host, path: path)
    }
  }
}
