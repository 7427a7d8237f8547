import Notify
import Scenario
import Schedule

extension ScheduleFile {
  static let notificationFields: [Shape.Field] = [
    .optional(
      "notify", .named(.name, .mapping(channel), atLeast: 0), "the channels of the schedule's notices"),
    .optional(
      "announce", .list(.scalar(.positiveDuration), atLeast: 0),
      "how long before the planned start a run is announced; 24h and 15m if missing"),
    .optional(
      "escalate", .list(.scalar(.name), atLeast: 1),
      "the channels that are notified again of a result that no person acknowledged for five working days"),
  ]

  private static let channel = Shape.Keys(
    fields: Channels.all.map { .optional($0.key, $0.form.inFile, $0.summary) }
      + furtherKeys.map { .optional($0.name, $0.form.inFile, $0.summary) } + [
        .optional(
          "notices", .list(.scalar(.word(Notice.Topic.allCases.map(\.rawValue))), atLeast: 0),
          "what the channel receives, besides escalations; everything if missing")
      ],
    exactlyOne: [Channels.all.map(\.key)],
    companions: Dictionary(
      uniqueKeysWithValues: furtherKeys.map { key in
        (key.name, Channels.all.filter { $0.further.contains { $0.name == key.name } }.map(\.key))
      }))

  /// The further keys of a channel, in addition to its kind, each once.
  private static let furtherKeys = Channels.all.flatMap(\.further).reduce(into: [ChannelParameter]()) {
    keys, key in
    if !keys.contains(where: { $0.name == key.name }) { keys.append(key) }
  }
}

/// Converts the part of a schedule about notices.
struct NotificationReader {
  private var names: Set<String> = []

  mutating func notification(_ root: Element, _ findings: inout Findings) -> Notification {
    var channels: [Channel] = []
    for entry in root["notify"]?.entries ?? [] {
      names.insert(entry.key)
      if let channel = Self.channel(entry, &findings) { channels.append(channel) }
    }
    return Notification(
      channels: channels, leads: Self.leads(root["announce"], &findings),
      escalate: escalate(root["escalate"], &findings))
  }

  private static func channel(_ entry: Element.Entry, _ findings: inout Findings) -> Channel? {
    // A missing key was already reported, and so was a value with a wrong form.
    guard let kind = Channels.all.first(where: { entry.value[$0.key] != nil }) else { return nil }
    var channel = Channel(entry.key, kind.key, [:])
    channel.parameters[kind.key] = entry.value[kind.key]?.value(kind.form)
    for key in kind.further { channel.parameters[key.name] = entry.value[key.name]?.value(key.form) }
    for key in kind.further where key.isRequired && entry.value[key.name] == nil {
      findings.error(
        entry.value.position, "\(kind.key): '\(key.name)' is missing: \(key.summary)", .missing)
    }
    if let notices = entry.value["notices"] {
      channel.topics = Set(notices.items.compactMap { $0.text.flatMap(Notice.Topic.init(rawValue:)) })
    }
    if let problem = kind.problem(channel) {
      findings.error(
        entry.value[problem.key]?.position ?? entry.value.position, "\(problem.key): \(problem.reason)")
    }
    return channel
  }

  private static func leads(_ element: Element?, _ findings: inout Findings) -> [Int] {
    guard let element else { return Notification.standardLeads }
    return element.items.compactMap { item in
      guard let lead = item.duration else { return nil }
      let seconds = Int(lead.count / 1_000_000_000)
      if seconds < Schedule.tick {
        findings.error(
          item.position, "announce: a run is announced at least \(Schedule.tick / 60) minutes before it")
      }
      return seconds
    }
  }

  private func escalate(_ element: Element?, _ findings: inout Findings) -> [String] {
    (element?.items ?? []).compactMap { item in
      guard let name = item.text else { return nil }
      if !names.contains(name) {
        findings.error(
          item.position,
          "escalate: unknown channel '\(name.clipped)'" + Nearest.hint(name, among: Array(names)), .absent)
      }
      return name
    }
  }
}

extension ChannelParameter.Form {
  /// The shape of the value in the schedule's file.
  fileprivate var inFile: Shape {
    switch self {
    case .webURL: .scalar(.webURL)
    case .line: .scalar(.line)
    case .path: .scalar(.path)
    case .duration: .scalar(.positiveDuration)
    case .mailbox: .scalar(.mailbox)
    case .mailboxes: .list(.scalar(.mailbox), atLeast: 1, atMost: 100)
    }
  }
}

extension Element {
  /// A value of a channel. Nil if its form is wrong, which was already reported, or if it is empty.
  fileprivate func value(_ form: ChannelParameter.Form) -> JSONValue? {
    switch form {
    case .webURL, .line, .path, .duration, .mailbox: text.flatMap { $0.isEmpty ? nil : .string($0) }
    case .mailboxes: items.isEmpty ? nil : .array(items.compactMap(\.text).map { .string($0) })
    }
  }
}
