import Journal
import Linux
import Probes
import Scenario
import Views

/// The result of a query.
package enum LookResult: Sendable {
  /// The answers of its programs or URLs.
  case answers([ViewAnswer])
  /// Why there are no answers.
  case failed(String)

  /// Queries a view from the controller, and waits for the answer. nil if only hosts can be queried, or if the view has
  /// no query.
  ///
  /// - Throws: if the view can't be queried.
  init?(asking spec: ViewSpec) throws(ViewRefused) {
    switch try spec.question() {
    case .tools, .delivery: return nil
    case .get(let url, let statuses):
      switch HTTPAnswer.get(url, accepting: statuses, timeout: .seconds(5)) {
      case .body(let text): self = .answers([ViewAnswer(text)])
      case .failed(let reason): self = .failed(reason)
      }
    case .command(let command, let limit):
      self = .answers([ViewAnswer(running: command, within: limit, outputLimit: 1 << 16)])
    }
  }

  /// The belief; nil for a kind of view that this version doesn't have.
  package func belief(_ view: Fleet.View?) -> Belief? {
    switch self {
    case .answers(let answers): view?.kind.belief(answers)
    case .failed(let reason): view?.kind.belief(unknown: reason)
    }
  }
}
