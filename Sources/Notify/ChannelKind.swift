import Linux
import Scenario
import Schedule

/// A kind of channel: one file, and one line in `Channels.all`.
package protocol ChannelKind: Sendable {
  /// Its key in the schedule's file.
  var key: String { get }
  /// The receiver, for the file's schema.
  var summary: String { get }
  /// The form of the key's value.
  var form: ChannelParameter.Form { get }
  /// Further keys. A key has the same meaning in all kinds that use it.
  var further: [ChannelParameter] { get }
  /// Whether it shows for how long a run lasts: then it gets the notice of the run's begin again every minute.
  var isMark: Bool { get }
  /// Why a channel is refused although its values have the right form; nil if it is accepted.
  func problem(_ channel: Channel) -> ChannelProblem?
  /// Delivers a notice, in a bounded time.
  ///
  /// - Returns: the receiver's answer; nil if it gets no such notice.
  /// - Throws: `Undelivered`.
  func deliver(_ notice: Notice, to channel: Channel, now: Int) throws(Undelivered) -> String?
}

extension ChannelKind {
  package var isMark: Bool { false }
  package func problem(_ channel: Channel) -> ChannelProblem? { nil }
}

/// Why a channel is refused.
package struct ChannelProblem: Equatable, Sendable {
  /// The key whose value is refused.
  package var key: String
  package var reason: String
}

/// A key of a channel in the schedule's file.
package struct ChannelParameter: Sendable {
  package var name: String
  package var summary: String
  package var form: Form
  package var isRequired = false

  package enum Form: Sendable {
    case webURL, line, path, duration
    /// An address of mail.
    case mailbox
    /// At least one of them.
    case mailboxes
  }
}

extension ChannelParameter {
  static let token = ChannelParameter(
    name: "token-file", summary: "a file that contains only the token, and that only its owner can read",
    form: .path, isRequired: true)
  static let authority = ChannelParameter(
    name: "ca", summary: "a file with the certificates (PEM) to trust instead of the system's", form: .path)
}

/// The kinds of channels of this version.
package enum Channels {
  package static let all: [any ChannelKind] = [
    MailChannel(), WebhookChannel(), MatrixChannel(), AlertmanagerChannel(), GrafanaChannel(),
    CommandChannel(),
  ]

  package static func kind(of channel: Channel) -> (any ChannelKind)? { all.first { $0.key == channel.kind } }

  /// The longest time for a command, so that one channel can't delay the next decision of the schedule.
  static let longestCommand = Nanoseconds.seconds(120)

  /// The greatest output of a command, in bytes: only its end is reported, so more is a mistake.
  static let longestOutput = 1 << 20
}

/// Why a notice was not delivered.
package struct Undelivered: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String

  init(_ description: String) { self.description = description }
}
