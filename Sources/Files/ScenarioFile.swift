import Scenario

/// `scenario.yaml`: the faults, and what a run of them must show.
package enum ScenarioFile {
  /// Reads a scenario from a file, against its fleet and the catalogue of faults.
  ///
  /// Without a fleet only the scenario itself is checked: names of hosts, virtual machines, networks, probes and views
  /// are not. The returned value is then only for checking, and can't be run.
  ///
  /// Throws `FileRefused` with all mistakes in the file, or with the errno of a file that can't be read.
  ///
  /// - Parameter replaced: a parameter with another value than the file's, such as `cut.mode` for a step's and
  ///   `steady.for` for another part's.
  package static func read(
    path: String, fleet: Fleet?, catalogue: FaultCatalogue,
    replacing replaced: (key: String, value: String)? = nil
  ) throws(FileRefused) -> Parsed<Scenario> {
    try parse(text: TextFile.read(path), file: path, fleet: fleet, catalogue: catalogue, replacing: replaced)
  }

  /// Reads a scenario from a text; `file` names it in findings.
  package static func parse(
    text: String, file: String, fleet: Fleet?, catalogue: FaultCatalogue,
    replacing replaced: (key: String, value: String)? = nil
  ) throws(FileRefused) -> Parsed<Scenario> {
    try TextFile.checkSize(text, file: file)
    var findings = Findings(file: file)
    guard var root = Composer.compose(text, findings: &findings) else { return try findings.judge(nil) }
    if let replaced { root.replace(replaced.key, by: replaced.value, &findings) }
    guard FileKind.scenario.matches(root, &findings) else { return try findings.judge(nil) }
    findings.stage = .form
    shape(catalogue.descriptions).check(root, "the scenario", &findings)
    findings.stage = .meaning
    var reader = ScenarioReader(fleet: fleet, catalogue: catalogue, findings: findings)
    let scenario = reader.scenario(root)
    return try reader.findings.judge(scenario)
  }

  /// The JSON Schema (draft 2020-12) of the file, with these faults. Deterministic.
  package static func schema(catalogue: FaultCatalogue) throws -> String {
    try shape(catalogue.descriptions).schemaDocument(title: "Murphy scenario")
  }
}

extension ScenarioFile {
  /// The shape of a scenario file.
  static func shape(_ catalogue: [FaultDescription]) -> Shape { .mapping(keys(catalogue)) }

  static let keyNames = keys([]).names

  private static func keys(_ catalogue: [FaultDescription]) -> Shape.Keys {
    Shape.Keys(fields: [
      .required("scenario", .scalar(.folderName), "the scenario's name"),
      .optional("title", .scalar(.line), "a one-line description"),
      .optional("rehearses", .listOrOne(.scalar(.label)), "the incidents that it rehearses"),
      .required("steady", .mapping(steady), "what must be healthy before the first fault"),
      .required("timeline", .list(step(catalogue), atLeast: 1), "the faults, in steps"),
      .optional("recovery", .mapping(recovery), "how long to wait for recovery"),
      .optional(
        "objectives", .judged(schema: Objective.schema), "what is required, such as website.downtime: max 60s"
      ),
      .optional("guards", .list(.mapping(stop), atLeast: 0), "conditions that abort a run"),
      .optional("trials", .scalar(.integer(1...1000)), "the number of trials", standard: 1),
      .optional(
        "beyond-quorum", .scalar(.flag), "whether it may take down more hosts than quorum allows",
        standard: false),
      .optional(
        "shorter-fault", .scalar(.word(Scenario.ShorterFault.allCases.map(\.rawValue))),
        "how to judge a trial whose fault was active for less than its planned time",
        standard: .text(Scenario.ShorterFault.void.rawValue)),
      .optional("compare", .mapping(compare), "the comparison of its runs"),
      .optional(
        "services", .named(.name, .mapping(service), atLeast: 1),
        "the needed levels of services, by their probes"),
      DrillShape.field,
    ])
  }

  private static let steady = Shape.Keys(fields: [
    .required("for", .scalar(.positiveDuration), "how long it must be healthy"),
    .optional(
      "at-most", .scalar(.positiveDuration),
      "the longest length of the phase: each trial's is drawn by the seed, from for to this"),
    .required("probes", .list(.scalar(.name), atLeast: 1), "the probes that the run uses"),
    .optional("views", .list(.scalar(.name), atLeast: 0), "the views that the run uses"),
  ])

  private static let compare = Shape.Keys(fields: [
    .optional(
      "percent", .scalar(.integer(0...1000)), "the allowed regression, in per cent of the base",
      standard: .integer(Scenario.Compare().percent)),
    .optional(
      "absolute", .scalar(.duration),
      "the least allowed regression; twice the longest interval of the probes if missing"),
    .optional("primary", .scalar(.line), "the key of the objective that decides; the first one if missing"),
  ])

  private static let service = Shape.Keys(fields: [
    .optional(
      "mbco", .scalar(.positiveDuration),
      "its least level in a disruption: an answer that takes longer counts as none"),
    .optional(
      "availability", .scalar(.availability),
      "the share of a month in which it must be available, such as 99.9%"),
  ])

  private static let recovery: Shape.Keys = {
    let standard = Scenario.Recovery()
    func optional(_ key: String, _ summary: String, _ span: Nanoseconds) -> Shape.Field {
      .optional(key, .scalar(.positiveDuration), summary, standard: .text(span.description))
    }
    return Shape.Keys(fields: [
      optional("stable", "the length of the window that must be stable", standard.stable),
      optional("no-progress", "the wait ends after this time without progress", standard.noProgress),
      optional("cap", "the maximum wait", standard.cap),
    ])
  }()

  private static let stop = Shape.Keys(fields: [
    .required("when", .scalar(.condition), "the condition"),
    .required("then", .scalar(.word(["abort"])), "the action: abort"),
  ])

  static func step(_ catalogue: [FaultDescription]) -> Shape {
    let common = Shape.Keys(
      fields: [
        .optional("name", .scalar(.name), "the step's name"),
        .optional("at", .scalar(.duration), "the time since the start of the timeline"),
        .optional("after", .scalar(.name), "the step whose revert starts this one"),
        .optional("delay", .scalar(.duration), "the delay after that", standard: "0s"),
        .optional("when", .scalar(.condition), "the condition that starts it"),
        .required("fault", .scalar(.word(catalogue.map(\.name))), "the fault"),
        .required("target", target(Target.Kind.allCases), "the target of the fault"),
        .optional(
          "for", .scalar(.positiveDuration), "how long the fault stays active; an instant fault has none"),
      ],
      exactlyOne: [["at", "after", "when"]], companions: ["delay": ["after"]])
    return .chosen(
      by: "fault", common: common,
      cases: catalogue.map { fault in
        .init(
          word: fault.name, summary: fault.summary,
          fields: [.required("target", target(fault.targets), "the target of the fault")]
            + fault.parameters.map(\.field), needs: fault.needs, exactlyOne: fault.exactlyOne,
          companions: fault.companions,
          without: fault.extent == .instant ? ["for": "the fault happens at once"] : [:],
          required: fault.extent == .held ? ["for"] : [], timed: timed(fault))
      })
  }

  /// The words of a parameter that determine whether a step has a `for`.
  private static func timed(_ fault: FaultDescription) -> Shape.Timed? {
    guard case .instantWith(let parameter, let words) = fault.extent else { return nil }
    return .init(
      key: "for", parameter: parameter, words: words.sorted(), standard: fault.standards[parameter]?.words,
      because: "happens at once")
  }

  private static func target(_ kinds: [Target.Kind]) -> Shape {
    let host = Shape.Field.optional("host", .scalar(.hostName), "a host, or any")
    let hostOf = Shape.Field.optional("host-of", .scalar(.name), "the host that runs this virtual machine")
    let vm = Shape.Field.optional("vm", .scalar(.name), "a virtual machine")
    let network = Shape.Field.optional(
      "network", .scalar(.name),
      "the network of the link or partition; a partition without one is on all networks")
    let sides = Shape.Field.optional(
      "sides", .list(.list(.scalar(.hostName), atLeast: 1), atLeast: 2),
      "groups of hosts to cut off from each other"
    )
    func needed(_ field: Shape.Field) -> Shape.Field {
      var field = field
      field.isRequired = true
      return field
    }
    let joint = Shape.Keys(
      fields: [host, hostOf, vm, sides, network], exactlyOne: [["host", "host-of", "vm", "sides"]],
      companions: ["network": ["host", "host-of", "sides"]])
    let shapes = kinds.map { kind -> Shape in
      switch kind {
      case .host: .mapping(.init(fields: [host, hostOf], exactlyOne: [["host", "host-of"]]))
      case .link:
        .mapping(.init(fields: [host, hostOf, needed(network)], exactlyOne: [["host", "host-of"]]))
      case .vm: .mapping(.init(fields: [needed(vm)]))
      case .sides: .mapping(.init(fields: [needed(sides), network]))
      }
    }
    return .either(shapes, joint: .mapping(joint))
  }
}
