import Journal
import Scenario

/// A kind of view: one file, and one line in `Views.all`.
package protocol ViewKind: Sendable {
  /// Its key in the fleet file.
  var key: String { get }
  /// Whose belief it is, for the fleet file's schema.
  var summary: String { get }
  /// The value at the key itself; nil for `{}`.
  var parameter: ViewParameter? { get }
  /// Keys that the fleet file may have beside it, each of which must make sense to all kinds that use its name.
  var further: [ViewParameter] { get }
  /// The form of its belief.
  var form: Belief.Form { get }
  /// The question that brings its answers.
  ///
  /// - Throws: where the parameters can't be asked for. An agent, too, decides by this alone what it runs.
  func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion
  /// The belief in the answers: as many as the question has parts, empty where one did not come in time.
  func belief(_ answers: [String], _ spec: ViewSpec) -> Belief
}

extension ViewKind {
  package var further: [ViewParameter] { [] }
}

/// What the fleet file says of a view.
package struct ViewParameter: Sendable {
  /// Its name in a `ViewSpec`, and its key in the fleet file where it isn't the value of the kind's own key.
  package var name: String
  package var summary: String
  package var form: Form
  package var isRequired = false

  package enum Form: Sendable { case text, httpURL }
}

/// Who is asked what.
package enum ViewQuestion: Equatable, Sendable {
  /// These tools, on any host that answers. The agent runs what its own list of views says: no text of the controller's.
  case tools([[String]])
  /// `GET` of this URL, by the controller.
  case get(String)
}

/// Why a view can't be asked.
package struct ViewRefused: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String
  init(_ description: String) { self.description = description }
}

/// The views of this version.
package enum Views {
  /// All kinds, in the order in which the schema and messages list them.
  package static let all: [any ViewKind] = [Gluster(), Pacemaker(), Alertmanager(), Prometheus()]

  /// The kind of that key; nil where this version has none.
  package static func kind(_ key: String) -> (any ViewKind)? { all.first { $0.key == key } }
}

extension ViewSpec {
  /// The form of its belief; nil for a kind that this version doesn't have.
  package var form: Belief.Form? { Views.kind(kind)?.form }

  /// The question that it asks.
  package func question() throws(ViewRefused) -> ViewQuestion {
    guard let known = Views.kind(kind) else {
      throw ViewRefused("this version has no view '\(kind.prefix(40))'")
    }
    return try known.question(self)
  }

  /// The belief in its answers; nil for a kind that this version doesn't have.
  package func belief(_ answers: [String]) -> Belief? { Views.kind(kind)?.belief(answers, self) }

  /// No belief, and why; nil for a kind that this version doesn't have.
  package func belief(unknown reason: String) -> Belief? { form.map { Belief($0, unknown: reason) } }
}
