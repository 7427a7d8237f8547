import Journal
import Scenario

/// A kind of view: one file, and one line in `Views.all`.
package protocol ViewKind: Sendable {
  /// Its key in the fleet file.
  var key: String { get }
  /// The source of the belief, for the fleet file's schema.
  var summary: String { get }
  /// The value of the key itself; nil for `{}`.
  var parameter: ViewParameter? { get }
  /// Further keys in the fleet file. A key has the same meaning in all kinds that use it.
  var further: [ViewParameter] { get }
  /// The form of its belief.
  var form: Belief.Form { get }
  /// The query.
  ///
  /// - Throws: if the parameters are not usable. An agent, too, decides only by this what it runs.
  func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion
  /// The belief in the answers: as many as the query has parts, empty if one did not arrive in time.
  func belief(_ answers: [String], _ spec: ViewSpec) -> Belief
}

extension ViewKind {
  package var further: [ViewParameter] { [] }
}

/// A key of a view in the fleet file.
package struct ViewParameter: Sendable {
  /// Its name in a `ViewSpec`, and its key in the fleet file unless it is the value of the kind's own key.
  package var name: String
  package var summary: String
  package var form: Form
  package var isRequired = false

  package enum Form: Sendable { case text, httpURL }
}

/// What is queried, and from where.
package enum ViewQuestion: Equatable, Sendable {
  /// These tools, on any host that answers. The agent runs only what its own list of views contains, never a text of
  /// the controller's.
  case tools([[String]])
  /// `GET` of this URL, by the controller.
  case get(String)
}

/// Why a view can't be queried.
package struct ViewRefused: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String
  init(_ description: String) { self.description = description }
}

/// The views of this version.
package enum Views {
  /// All kinds, in the order in which the schema and messages list them.
  package static let all: [any ViewKind] = [Gluster(), Pacemaker(), Alertmanager(), Prometheus()]

  /// The kind with that key; nil if this version has none.
  package static func kind(_ key: String) -> (any ViewKind)? { all.first { $0.key == key } }
}

extension ViewSpec {
  /// The form of its belief; nil for a kind that this version doesn't have.
  package var form: Belief.Form? { Views.kind(kind)?.form }

  /// The query of this view.
  package func question() throws(ViewRefused) -> ViewQuestion {
    guard let known = Views.kind(kind) else {
      throw ViewRefused("this version has no view '\(kind.prefix(40))'")
    }
    return try known.question(self)
  }

  /// The belief in the answers; nil for a kind that this version doesn't have.
  package func belief(_ answers: [String]) -> Belief? { Views.kind(kind)?.belief(answers, self) }

  /// An unknown belief with its reason; nil for a kind that this version doesn't have.
  package func belief(unknown reason: String) -> Belief? { form.map { Belief($0, unknown: reason) } }
}
