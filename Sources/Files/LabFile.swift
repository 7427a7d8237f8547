import Scenario

/// The spec file of a rehearsal lab: its options. What it leaves out is as in the spec `three-hosts`.
package enum LabFile {
  /// Reads a spec from a file.
  ///
  /// Throws `FileRefused` with all mistakes in the file, or with the errno of a file that can't be read.
  package static func read(path: String) throws(FileRefused) -> Parsed<LabOptions> {
    try parse(text: TextFile.read(path), file: path)
  }

  /// Reads a spec from a text; `file` names it in findings.
  package static func parse(text: String, file: String) throws(FileRefused) -> Parsed<LabOptions> {
    try TextFile.checkSize(text, file: file)
    var findings = Findings(file: file)
    guard let root = Composer.compose(text, findings: &findings) else { return try findings.judge(nil) }
    guard FileKind.lab.matches(root, &findings) else { return try findings.judge(nil) }
    findings.stage = .form
    shape.check(root, "the lab", &findings)
    findings.stage = .meaning
    let read = options(root, &findings)
    return try findings.judge(read)
  }

  /// The JSON Schema (draft 2020-12) of the file. Deterministic.
  package static func schema() throws -> String { try shape.schemaDocument(title: "Murphy lab") }
}

extension LabFile {
  static let shape = Shape.mapping(keys)

  static let keys = Shape.Keys(fields: [
    .required("lab", .scalar(.name), "the spec's name"),
    .optional(
      "platform", word(LabOptions.Platform.self),
      "Pacemaker over Gluster on three hosts, or libvirt alone: plain on one host, two-plain on two",
      standard: .text(LabOptions.Platform.cluster.rawValue)),
    .optional(
      "bricks", word(LabOptions.Bricks.self),
      "a folder of the machine, or an XFS file system on a loop device",
      standard: .text(LabOptions.Bricks.folder.rawValue)),
    .optional(
      "heal-threads", .scalar(.integer(1...64)),
      "how many files each host's heal daemon heals at the same time (cluster.shd-max-threads)",
      standard: .integer(LabOptions(name: "").healThreads)),
    .optional(
      "background-heals", .scalar(.integer(0...256)),
      "how many files a client heals beside its own requests (cluster.background-self-heal-count)",
      standard: 8),
    .optional(
      "fencing", word(LabOptions.Fencing.self),
      "how Pacemaker fences a host by its BMC: fence_ipmilan's method",
      standard: .text(LabOptions.Fencing.none.rawValue)),
    .optional(
      "monitoring",
      .list(.scalar(.word(LabOptions.Monitor.allCases.map(\.rawValue))), atLeast: 0),
      "what watches the hosts; sms needs prometheus"),
    .optional(
      "networks",
      .mapping(
        Shape.Keys(fields: [
          .optional("internal", .mapping(storageNetwork), "the network of the bricks"),
          .optional("external", .mapping(network), "the network of the guest, the cluster and ssh"),
        ])), "limits of the networks"),
    .optional(
      "alertmanager", word(LabOptions.Place.self),
      "whether Alertmanager runs beside the hosts, or in a guest of the lab, which needs prometheus",
      standard: .text(LabOptions.Place.machine.rawValue)),
    .optional(
      "noisy-guest", word(LabOptions.NoisyGuest.self),
      "a second VM that writes without a pause: free, or limited by libvirt to 20 operations a second",
      standard: .text(LabOptions.NoisyGuest.none.rawValue)),
    .optional(
      "acknowledge-before-sync", .scalar(.flag),
      "whether the guest acknowledges a record before it is on the disk", standard: false),
  ])

  private static let network = Shape.Keys(fields: [
    .optional("rate", .scalar(.rate), "the most that each host can send, and receive, per second"),
    .optional("delay", .scalar(.positiveDuration), "the one-way delay between two hosts"),
  ])

  private static let storageNetwork = Shape.Keys(
    fields: network.fields + [
      .optional(
        "links", .scalar(.integer(1...4)),
        "how many links each host has there; a connection uses one of them, and each has the rate",
        standard: 1)
    ])

  private static func word<Word: RawRepresentable & CaseIterable>(_ words: Word.Type) -> Shape
  where Word.RawValue == String {
    .scalar(.word(words.allCases.map(\.rawValue)))
  }

  private static let rates = 1_000_000...10_000_000_000
  private static let delays = Nanoseconds(1_000)...Nanoseconds.seconds(1)

  /// The options of a file whose form was checked. A value with a wrong form was already reported.
  private static func options(_ root: Element, _ findings: inout Findings) -> LabOptions {
    var options = LabOptions(name: root["lab"]?.text ?? "")
    if let word = root["platform"]?.text, let platform = LabOptions.Platform(rawValue: word) {
      options.platform = platform
      if platform != .cluster { refuseClusterOptions(root, &findings) }
    }
    if let word = root["bricks"]?.text, let bricks = LabOptions.Bricks(rawValue: word) {
      options.bricks = bricks
    }
    if let threads = root["heal-threads"]?.integer { options.healThreads = threads }
    options.backgroundHeals = root["background-heals"]?.integer
    if let word = root["fencing"]?.text, let fencing = LabOptions.Fencing(rawValue: word) {
      options.fencing = fencing
    }
    options.monitoring = monitors(root["monitoring"]?.items ?? [], &findings)
    options.storageNetwork = limits(root["networks"]?["internal"], &findings)
    if let links = root["networks"]?["internal"]?["links"]?.integer { options.storageLinks = links }
    options.serviceNetwork = limits(root["networks"]?["external"], &findings)
    if let element = root["alertmanager"], let place = element.text.flatMap(LabOptions.Place.init) {
      options.alertmanager = place
      if place == .guest, !options.monitoring.contains(.prometheus) {
        findings.error(
          element.position, "alertmanager: 'guest' needs 'prometheus' under 'monitoring': add it", .conflict)
      }
    }
    if let word = root["noisy-guest"]?.text, let noise = LabOptions.NoisyGuest(rawValue: word) {
      options.noisyGuest = noise
    }
    options.acknowledgesBeforeSync = root["acknowledge-before-sync"]?.flag ?? false
    return options
  }

  /// Refuses the options of parts that a plain platform doesn't have.
  private static func refuseClusterOptions(_ root: Element, _ findings: inout Findings) {
    let keys = [
      "bricks", "heal-threads", "background-heals", "fencing", "monitoring", "alertmanager", "noisy-guest",
    ]
    let found = keys.map { ($0, root[$0]) } + [("internal", root["networks"]?["internal"])]
    for case (let key, let value?) in found {
      findings.error(
        value.position,
        "\(key): a plain platform has one guest, and no cluster, shared storage or monitoring: remove it",
        .conflict)
    }
  }

  private static func monitors(_ items: [Element], _ findings: inout Findings) -> Set<LabOptions.Monitor> {
    var monitors: Set<LabOptions.Monitor> = []
    var gateway: Element?
    for item in items {
      guard let word = item.text, let monitor = LabOptions.Monitor(rawValue: word) else { continue }
      if !monitors.insert(monitor).inserted {
        findings.error(item.position, "monitoring: '\(word)' is written twice", .duplicate)
      }
      if monitor == .sms { gateway = item }
    }
    if let gateway, !monitors.contains(.prometheus) {
      findings.error(
        gateway.position,
        "monitoring: 'sms' needs 'prometheus', whose Alertmanager sends the messages: add it", .conflict)
    }
    return monitors
  }

  private static func limits(_ element: Element?, _ findings: inout Findings) -> LabOptions.Network {
    let rate = element?["rate"]?.text.flatMap(Form.bitsPerSecond)
    if let rate, !rates.contains(rate), let place = element?["rate"]?.position {
      findings.error(place, "rate: expected 1mbit to 10gbit")
    }
    let delay = element?["delay"]?.duration
    // A delay of zero was already reported.
    if let delay, delay > .zero, !delays.contains(delay), let place = element?["delay"]?.position {
      findings.error(place, "delay: expected 1us to 1s, found \(delay)")
    }
    return LabOptions.Network(rate: rate, delay: delay)
  }
}
