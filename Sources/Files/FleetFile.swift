import Probes
import Scenario
import Views

/// `fleet.yaml`: a team's platform.
package enum FleetFile {
  /// Reads a fleet from a file.
  ///
  /// Throws `FileRefused` with all mistakes in the file, or with the errno of a file that can't be read.
  package static func read(path: String) throws(FileRefused) -> Parsed<Fleet> {
    try parse(text: TextFile.read(path), file: path)
  }

  /// Reads a fleet from a text; `file` names it in findings.
  package static func parse(text: String, file: String) throws(FileRefused) -> Parsed<Fleet> {
    try TextFile.checkSize(text, file: file)
    var findings = Findings(file: file)
    guard let root = Composer.compose(text, findings: &findings) else { return try findings.judge(nil) }
    guard FileKind.fleet.matches(root, &findings) else { return try findings.judge(nil) }
    findings.stage = .form
    shape.check(root, "the fleet", &findings)
    findings.stage = .meaning
    var reader = FleetReader(findings: findings)
    let fleet = reader.fleet(root)
    return try reader.findings.judge(fleet)
  }

  /// The JSON Schema (draft 2020-12) of the file. Deterministic.
  package static func schema() throws -> String { try shape.schemaDocument(title: "Murphy fleet") }
}

extension FleetFile {
  /// The shape of a fleet file.
  static let shape = Shape.mapping(keys)

  static let keys = Shape.Keys(fields: [
    .required("fleet", .scalar(.name), "the fleet's name"),
    .optional(
      "networks", .named(.name, .mapping(network), atLeast: 0), "networks that connect hosts, by name"),
    .required(
      "hosts", .named(.hostName, .mapping(host), atLeast: 1), "hosts that run virtual machines, by name"),
    .optional("vms", .named(.name, .mapping(vm), atLeast: 0), "virtual machines, by name"),
    .required(
      "quorum", .scalar(.integer(0...Int.max)),
      "the number of hosts that must be up for the platform to work; 0 if no host needs another"
    ),
    .optional(
      "probes", .named(.name, .mapping(probe), atLeast: 0), "services as their users see them, by name"),
    .optional(
      "views", .named(.name, .mapping(view), atLeast: 0), "what parts of the platform believe, by name"),
    .optional("ssh-config", .scalar(.path), "an OpenSSH client configuration, passed to ssh -F"),
    .optional(
      "netns", .mapping(netns), "the network namespace in which the controller and its probes run"),
    .optional(
      "controller", .mapping(controller),
      "the files of the agent at the controller, for faults by a BMC"),
    .optional("manager", .mapping(manager), "the manager that watches the hosts from its own machine"),
    DrillShape.field,
  ])

  private static let network = Shape.Keys(fields: [
    .required("role", .scalar(.word(Fleet.Network.Role.allCases.map(\.rawValue))), "what it carries"),
    .required("cidr", .scalar(.cidr), "its addresses, such as 10.77.1.0/24"),
  ])

  private static let host = Shape.Keys(fields: [
    .required("ssh", .scalar(.sshDestination), "the ssh destination, such as root@host"),
    .optional(
      "become", .scalar(.word(Fleet.Host.Become.allCases.map(\.rawValue))),
      "how the ssh user becomes root, unless it is root: sudo must not ask for a password"),
    .required("links", .named(.name, .scalar(.interface), atLeast: 0), "its interface on each network"),
    .optional(
      "addresses", .named(.name, .listOrOne(.scalar(.ipAddress), atLeast: 0), atLeast: 0),
      "its addresses on each network, which a partition needs; [] if it has none"),
    .optional("bmc", .mapping(bmc), "its board management controller"),
    .optional(
      "aliases", .list(.scalar(.alias), atLeast: 0),
      "other names in the platform: node names, addresses of storage peers"),
  ])

  private static let controller = Shape.Keys(fields: [
    .optional(
      "policy", .scalar(.path), "the controller's policy, in the format of a host's policy",
      standard: .text(Fleet.Controller.standard.policy)),
    .optional(
      "leases", .scalar(.path), "the folder of its leases", standard: .text(Fleet.Controller.standard.leases)),
  ])

  private static let manager = Shape.Keys(fields: [
    .required(
      "addresses", .listOrOne(.scalar(.ipAddress)), "the addresses of its packets, which manager.cut needs")
  ])

  private static let bmc = Shape.Keys(
    fields: [
      .optional("ipmi", .scalar(.address), "its address for IPMI over LAN"),
      .optional("redfish", .scalar(.redfishURL), "the URL of its Redfish service"),
      .required("user", .scalar(.line), "its user"),
      .required("password-file", .scalar(.path), "a file that contains only the password"),
      .optional(
        "cipher-suite", .scalar(.integer(1...17, "a cipher suite of IPMI 2.0")),
        "the cipher suite of IPMI 2.0", standard: .integer(Fleet.BMC.standardCipherSuite)),
      .optional(
        "system", .scalar(.redfishSystem), "the path of the host's system, if the service has several"),
      .optional("ca", .scalar(.path), "a file with the certificates (PEM) to trust instead of the system's"),
      .optional("address", .scalar(.ipAddress), "the address to connect to, if 'redfish' has a name"),
    ], exactlyOne: [["ipmi", "redfish"]],
    companions: [
      "cipher-suite": ["ipmi"], "system": ["redfish"], "ca": ["redfish"], "address": ["redfish"],
    ])

  private static let vm = Shape.Keys(fields: [
    .required("domain", .scalar(.line), "its libvirt domain"),
    .optional("aliases", .list(.scalar(.alias), atLeast: 0), "names of its resource in the manager"),
  ])

  private static let probe = Shape.Keys(
    fields: Probes.all.map { .optional($0.key.rawValue, $0.target.inFile, $0.summary) }
      + probeOptions.map(\.field) + [
        .optional("every", .scalar(.positiveDuration), "the time between two samples", standard: "1s"),
        .optional("timeout", .scalar(.positiveDuration), "how long to wait for an answer", standard: "1s"),
      ],
    exactlyOne: [Probes.all.map(\.key.rawValue)],
    companions: Dictionary(
      uniqueKeysWithValues: probeOptions.map { option in
        (
          option.name,
          Probes.all.filter { $0.options.contains { $0.name == option.name } }.map(\.key.rawValue)
        )
      }))

  /// The options of all kinds of probes, each once.
  private static let probeOptions = Probes.all.flatMap(\.options).reduce(into: [ProbeOption]()) {
    options, option in
    if !options.contains(where: { $0.name == option.name }) { options.append(option) }
  }

  private static let view = Shape.Keys(
    fields: Views.all.map { kind in
      .optional(
        kind.key, kind.parameter?.form.inFile ?? .mapping(Shape.Keys(fields: [])),
        kind.summary)
    } + furtherViewKeys.map { .optional($0.name, $0.form.inFile, $0.summary) } + [
      .optional("every", .scalar(.positiveDuration), "the time between two queries", standard: "1s"),
      .optional(
        "from", .scalar(.hostName),
        "from where it is queried: 'any' host, 'every' host, a host's name, or the 'controller'; the kind of view decides "
          + "unless given"),
    ],
    exactlyOne: [Views.all.map(\.key)],
    companions: Dictionary(
      uniqueKeysWithValues: furtherViewKeys.map { key in
        (key.name, Views.all.filter { $0.further.contains { $0.name == key.name } }.map(\.key))
      }))

  /// The further keys of a view, in addition to its kind, each once.
  private static let furtherViewKeys = Views.all.flatMap(\.further).reduce(into: [ViewParameter]()) {
    keys, key in
    if !keys.contains(where: { $0.name == key.name }) { keys.append(key) }
  }

  private static let netns = Shape.Keys(fields: [
    .required("path", .scalar(.path), "/proc/PID/ns/net, or a file below /run/netns"),
    .optional("inode", .scalar(.integer(1...Int.max)), "the inode that the path must have"),
  ])
}

extension ViewParameter.Form {
  /// In the notation of the fleet file.
  fileprivate var inFile: Shape {
    switch self {
    case .text: .scalar(.line)
    case .httpURL: .scalar(.httpURL)
    case .httpsURL: .scalar(.httpsURL)
    case .path: .scalar(.path)
    case .words: .list(.scalar(.line), atLeast: 1)
    case .duration: .scalar(.positiveDuration)
    case .numbers(let range, let what): .listOrOne(.scalar(.integer(range, what)))
    }
  }
}

extension ProbeOption {
  /// Its key in the fleet file. The key is optional here, since only some kinds need it. Their reader requires it.
  fileprivate var field: Shape.Field {
    let standard: JSON? =
      switch standard {
      case .integer(let number): .integer(Int(number))
      case .string(let text): .text(text)
      case .bool(let flag): .flag(flag)
      default: nil
      }
    return .optional(name, form.inFile, summary, standard: standard)
  }
}

extension ProbeForm {
  /// The shape of the value in the fleet file.
  fileprivate var inFile: Shape {
    switch self {
    case .webURL: .scalar(.webURL)
    case .tcpURL: .scalar(.tcpURL)
    case .streamURL: .scalar(.streamURL)
    case .address: .scalar(.address)
    case .line: .scalar(.line)
    case .dnsName: .scalar(.dnsName)
    case .lines: .listOrOne(.scalar(.line))
    case .words: .list(.scalar(.line), atLeast: 1)
    case .path: .scalar(.path)
    case .word(let words): .scalar(.word(words))
    case .headers: .named(.headerName, .scalar(.line), atLeast: 1)
    case .addresses: .named(.hostName, .scalar(.ipAddress), atLeast: 1)
    case .files:
      .list(
        .mapping(
          Shape.Keys(fields: [
            .required("host", .scalar(.hostName), "a host of this fleet"),
            .required(
              "path", .scalar(.path), "the file's path there, which the host's policy must allow in \"files\""
            ),
          ])), atLeast: 1)
    case .integer(let range, let what): .scalar(.integer(range, what))
    case .mapping(let options): .mapping(Shape.Keys(fields: options.map(\.field)))
    }
  }
}
